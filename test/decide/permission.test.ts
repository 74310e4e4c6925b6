import { describe, it } from 'node:test'
import { given, zoneOf } from '../support/spec.ts'

const zone = zoneOf('www 300 A 192.0.2.1')

describe('RFC 2136 §3.3 who may update the zone', () => {
  it('without rules nobody may', () =>
    given(zone).underRules().add('new 60 A 192.0.2.3').isRejected('REFUSED', '3.3'))
  it('a stranger learns nothing from prerequisites', () =>
    given(zone).underRules('grant demo zonesub ANY').requireNoName('www').isRejected('REFUSED', '3.3'))
  it('an address in the range may', () =>
    given(zone)
      .underRules('grant ip:192.0.2.0/24 zonesub ANY')
      .add('new 60 A 192.0.2.3')
      .changes('+ new 60 A 192.0.2.3'))
  it('an address outside may not', () =>
    given(zone)
      .underRules('grant ip:198.51.100.0/24 zonesub ANY')
      .add('new 60 A 192.0.2.3')
      .isRejected('REFUSED', '3.3'))
  it('the first rule that matches decides', () =>
    given(zone)
      .underRules('deny ip:192.0.2.99 zonesub ANY', 'grant * zonesub ANY')
      .add('new 60 A 192.0.2.3')
      .isRejected('REFUSED', '3.3'))
})
