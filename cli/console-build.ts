/** Builds the browser console where its sources are newer than what is built; a line for each thing that a person should know. */
export async function buildConsole(say: (line: string) => void): Promise<void> {
  const { ensureConsole } = await import('../services/console/build/ensure.ts')
  await ensureConsole(say)
}
