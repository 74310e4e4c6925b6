import { signal } from '@preact/signals'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const STORED = 'zonelog-theme'

export const theme = signal<Theme>(stored())

export function setTheme(next: Theme): void {
  theme.value = next
  try {
    localStorage.setItem(STORED, next)
  } catch {
    // a browser that keeps nothing shows it until the page is left
  }
  applyTheme()
}

export function applyTheme(): void {
  document.documentElement.dataset.theme = theme.value
}

function stored(): Theme {
  try {
    const found = localStorage.getItem(STORED)
    return THEMES.find((name) => name === found) ?? 'system'
  } catch {
    return 'system'
  }
}
