import { setTheme, THEMES, type Theme, theme } from '../theme.ts'

const LABELS: Readonly<Record<Theme, string>> = { system: 'As system', light: 'Light', dark: 'Dark' }

export function ThemeSwitch() {
  return (
    <select
      class="theme"
      aria-label="Colours"
      value={theme.value}
      onInput={(event) => setTheme(event.currentTarget.value as Theme)}
    >
      {THEMES.map((name) => (
        <option key={name} value={name}>
          {LABELS[name]}
        </option>
      ))}
    </select>
  )
}
