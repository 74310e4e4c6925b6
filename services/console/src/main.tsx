import { render } from 'preact'
import './styles/tokens.css'
import './styles/base.css'
import './styles/layout.css'
import './styles/parts.css'
import './styles/tables.css'
import './styles/history.css'
import { readSession, sessionEnded } from './api/session.ts'
import { App } from './app.tsx'
import { followLinks } from './routing/location.ts'
import { applyTheme } from './theme.ts'

applyTheme()
document.addEventListener('click', followLinks)
document.addEventListener('visibilitychange', () => {
  // somebody may have signed in again in another window
  if (document.visibilityState === 'visible' && sessionEnded.value) void readSession()
})
render(<App />, document.getElementById('app')!)
void readSession()
