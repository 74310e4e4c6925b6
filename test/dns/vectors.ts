/** An UPDATE as octets, and what it says. Records are `owner TTL class type RDATA`, the RDATA in hex without compression. */
export interface Vector {
  readonly title: string
  /** Whose rule it shows. */
  readonly section: string
  /** Hex; white space is for the eye. */
  readonly wire: string
  readonly prerequisites: readonly string[]
  readonly updates: readonly string[]
  /** UDP size, then the options as `code:hex`. */
  readonly edns?: string
  /** Key, algorithm, octets of the MAC. */
  readonly tsig?: string
}

export function octetsOf({ wire }: { readonly wire: string }): Buffer {
  return Buffer.from(wire.replaceAll(/\s/g, ''), 'hex')
}

/** What real clients sent for the tasks of test/conformance/capture-vectors.ts. The zone is example.com. */
export const CAPTURED: readonly Vector[] = [
  {
    title: 'nsupdate 9.18: each form of prerequisite',
    section: 'RFC 2136 §2.4',
    wire: `c76e28000001000600000000076578616d706c6503636f6d0000060001036e6577c00c00ff00fe00000000000004686f
      7374c00c00ff00ff000000000000c02d001000fe000000000000c02d000100ff000000000000c02d0001000100000000
      0004c0000201c02d00010001000000000004c0000202`,
    prerequisites: [
      'new.example.com. 0 NONE ANY',
      'host.example.com. 0 ANY ANY',
      'host.example.com. 0 NONE TXT',
      'host.example.com. 0 ANY A',
      'host.example.com. 0 IN A c0000201',
      'host.example.com. 0 IN A c0000202',
    ],
    updates: [],
  },
  {
    title: 'knsupdate 3.2: each form of prerequisite',
    section: 'RFC 2136 §2.4',
    wire: `ddf128000001000600000000076578616d706c6503636f6d0000060001036e6577c00c00ff00fe00000000000004686f
      7374c00c00ff00ff000000000000c02d001000fe000000000000c02d000100ff000000000000c02d0001000100000000
      0004c0000201c02d00010001000000000004c0000202`,
    prerequisites: [
      'new.example.com. 0 NONE ANY',
      'host.example.com. 0 ANY ANY',
      'host.example.com. 0 NONE TXT',
      'host.example.com. 0 ANY A',
      'host.example.com. 0 IN A c0000201',
      'host.example.com. 0 IN A c0000202',
    ],
    updates: [],
  },
  {
    title: 'nsupdate 9.18: each form of update',
    section: 'RFC 2136 §2.5',
    wire: `0c3c28000001000000040000076578616d706c6503636f6d0000060001036e6577c00c000100010000012c0004c00002
      0304686f7374c00c001000ff000000000000036f6c64c00c00ff00ff000000000000c031000100fe000000000004c000
      0201`,
    prerequisites: [],
    updates: [
      'new.example.com. 300 IN A c0000203',
      'host.example.com. 0 ANY TXT',
      'old.example.com. 0 ANY ANY',
      'host.example.com. 0 NONE A c0000201',
    ],
  },
  {
    title: 'knsupdate 3.2: each form of update',
    section: 'RFC 2136 §2.5',
    wire: `c13328000001000000040000076578616d706c6503636f6d0000060001036e6577c00c000100010000012c0004c00002
      0304686f7374c00c001000ff000000000000036f6c64c00c00ff00ff00000000000004686f7374c00c000100fe000000
      000004c0000201`,
    prerequisites: [],
    updates: [
      'new.example.com. 300 IN A c0000203',
      'host.example.com. 0 ANY TXT',
      'old.example.com. 0 ANY ANY',
      'host.example.com. 0 NONE A c0000201',
    ],
  },
  {
    title: 'nsupdate 9.18: names inside RDATA',
    section: 'RFC 3597 §4',
    wire: `4ba528000001000000030000076578616d706c6503636f6d0000060001c00c000f00010000012c0009000a046d61696c
      c00c025f73045f746370076578616d706c6503636f6d00002100010000012c00180000000001bb04486f737407457861
      6d706c6503434f4d000177c00c004000010000012c001a000103737663076578616d706c6503636f6d00000100030268
      32`,
    prerequisites: [],
    updates: [
      'example.com. 300 IN MX 000a046d61696c076578616d706c6503636f6d00',
      '_s._tcp.example.com. 300 IN SRV 0000000001bb04486f7374074578616d706c6503434f4d00',
      'w.example.com. 300 IN SVCB 000103737663076578616d706c6503636f6d0000010003026832',
    ],
  },
  {
    title: 'knsupdate 3.2: names inside RDATA',
    section: 'RFC 3597 §4',
    wire: `a3ce28000001000000030000076578616d706c6503636f6d0000060001c00c000f00010000012c0009000a046d61696c
      c00c025f73045f746370c00c002100010000012c00180000000001bb04486f7374074578616d706c6503434f4d000177
      c00c004000010000012c001a000103737663076578616d706c6503636f6d0000010003026832`,
    prerequisites: [],
    updates: [
      'example.com. 300 IN MX 000a046d61696c076578616d706c6503636f6d00',
      '_s._tcp.example.com. 300 IN SRV 0000000001bb04486f7374074578616d706c6503434f4d00',
      'w.example.com. 300 IN SVCB 000103737663076578616d706c6503636f6d0000010003026832',
    ],
  },
  {
    title: 'nsupdate 9.18: a name of any octets',
    section: 'RFC 1035 §5.1',
    wire: `cdfc28000001000000010000076578616d706c6503636f6d000006000105612e6200ffc00c001000010000003c000302
      00ff`,
    prerequisites: [],
    updates: ['a\\.b\\000\\255.example.com. 60 IN TXT 0200ff'],
  },
  {
    title: 'knsupdate 3.2: a name of any octets',
    section: 'RFC 1035 §5.1',
    wire: `382c28000001000000010000076578616d706c6503636f6d000006000105612e6200ffc00c001000010000003c000302
      00ff`,
    prerequisites: [],
    updates: ['a\\.b\\000\\255.example.com. 60 IN TXT 0200ff'],
  },
  {
    title: 'nsupdate 9.18: a type without a name',
    section: 'RFC 3597 §5',
    wire: `f23628000001000000020000076578616d706c6503636f6d00000600010178c00cff0000010000003c0003010203c01d
      ff0100ff000000000000`,
    prerequisites: [],
    updates: ['x.example.com. 60 IN TYPE65280 010203', 'x.example.com. 0 ANY TYPE65281'],
  },
  {
    title: 'knsupdate 3.2: a type without a name',
    section: 'RFC 3597 §5',
    wire: `142328000001000000020000076578616d706c6503636f6d00000600010178c00cff0000010000003c0003010203c01d
      ff0100ff000000000000`,
    prerequisites: [],
    updates: ['x.example.com. 60 IN TYPE65280 010203', 'x.example.com. 0 ANY TYPE65281'],
  },
  {
    title: 'nsupdate 9.18: nothing to do',
    section: 'RFC 2136 §2.4.4',
    wire: 'eda328000001000100000000076578616d706c6503636f6d0000060001c00c00ff00ff000000000000',
    prerequisites: ['example.com. 0 ANY ANY'],
    updates: [],
  },
  {
    title: 'knsupdate 3.2: nothing to do',
    section: 'RFC 2136 §2.4.4',
    wire: 'd59a28000001000100000000076578616d706c6503636f6d0000060001c00c00ff00ff000000000000',
    prerequisites: ['example.com. 0 ANY ANY'],
    updates: [],
  },
  {
    title: 'nsupdate 9.18: a signature',
    section: 'RFC 8945 §4.2',
    wire: `240d28000001000000010001076578616d706c6503636f6d0000060001036e6577c00c001c00010000003c001020010d
      b8000000000000000000000001066c6170746f70046b657973076578616d706c650000fa00ff00000000003d0b686d61
      632d7368613235360000006b02f07f012c0020f51e5632cc5a20cbcfbf20a92a8e4fefe1b9d8704f23a3bc07c1d2cbca
      58015e240d00000000`,
    prerequisites: [],
    updates: ['new.example.com. 60 IN AAAA 20010db8000000000000000000000001'],
    tsig: 'laptop.keys.example. hmac-sha256. 32',
  },
  {
    title: 'knsupdate 3.2: a signature',
    section: 'RFC 8945 §4.2',
    wire: `108e28000001000000010001076578616d706c6503636f6d0000060001036e6577c00c001c00010000003c001020010d
      b8000000000000000000000001066c6170746f70046b657973076578616d706c650000fa00ff00000000003d0b686d61
      632d7368613235360000006b02f07f012c00202e69660301e219194e9e161cfba09ad74d9f6b4d95790405f7728902ff
      0ed118108e00000000`,
    prerequisites: [],
    updates: ['new.example.com. 60 IN AAAA 20010db8000000000000000000000001'],
    tsig: 'laptop.keys.example. hmac-sha256. 32',
  },
  {
    title: 'dnspython 2.3: each form of prerequisite',
    section: 'RFC 2136 §2.4',
    wire: `123428000001000500000000076578616d706c6503636f6d000006000104686f7374c00c00ff00ff000000000000c01d
      000100ff000000000000c01d00010001000000000004c0000201036e6577c00c00ff00fe000000000000c01d001000fe
      000000000000`,
    prerequisites: [
      'host.example.com. 0 ANY ANY',
      'host.example.com. 0 ANY A',
      'host.example.com. 0 IN A c0000201',
      'new.example.com. 0 NONE ANY',
      'host.example.com. 0 NONE TXT',
    ],
    updates: [],
  },
  {
    title: 'dnspython 2.3: each form of update, and a replacement',
    section: 'RFC 2136 §2.5',
    wire: `123428000001000000060000076578616d706c6503636f6d0000060001036e6577c00c000100010000012c0004c00002
      0304686f7374c00c001000ff000000000000036f6c64c00c00ff00ff000000000000c031000100fe000000000004c000
      020103777777c00c001c00ff000000000000c062001c00010000003c001020010db8000000000000000000000001`,
    prerequisites: [],
    updates: [
      'new.example.com. 300 IN A c0000203',
      'host.example.com. 0 ANY TXT',
      'old.example.com. 0 ANY ANY',
      'host.example.com. 0 NONE A c0000201',
      'www.example.com. 0 ANY AAAA',
      'www.example.com. 60 IN AAAA 20010db8000000000000000000000001',
    ],
  },
  {
    title: 'dnspython 2.3: EDNS with an Update Lease',
    section: 'RFC 9664 §4',
    wire: `123428000001000000010001076578616d706c6503636f6d0000060001036e6577c00c000f00010000012c0009000a04
      6d61696cc00c00002904d00000000000080002000400000e10`,
    prerequisites: [],
    updates: ['new.example.com. 300 IN MX 000a046d61696c076578616d706c6503636f6d00'],
    edns: '1232 2:00000e10',
  },
  {
    title: 'dnspython 2.3: a signature of SHA-512',
    section: 'RFC 8945 §4.2',
    wire: `123428000001000000010001076578616d706c6503636f6d0000060001036f6c64c00c00ff00ff000000000000066c61
      70746f70046b657973076578616d706c650000fa00ff00000000005d0b686d61632d7368613531320000006b02f08001
      2c004018b58e4c12c891f8be16ead237e224d9fc869506b2c0ffbbf35a79dd869772cd962ec899723a8029f10e3fe510
      f72b6cb6c4007280da12bd182342c177e4a6a7146800000000`,
    prerequisites: [],
    updates: ['old.example.com. 0 ANY ANY'],
    tsig: 'laptop.keys.example. hmac-sha512. 64',
  },
]
