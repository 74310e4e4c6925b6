import { fileURLToPath } from 'node:url'
import type { InlineConfig } from 'vite'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** How Vite builds the console: no inline script or style, so that the strict content security policy holds. */
export function viteOptions(outDir: string): InlineConfig {
  return {
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    publicDir: 'public',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir,
      emptyOutDir: true,
      // what light-dark() and popovers need
      target: ['chrome123', 'firefox125', 'safari17.5'],
      assetsInlineLimit: 0,
      modulePreload: false,
      reportCompressedSize: false,
    },
  }
}
