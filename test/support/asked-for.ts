/** What was asked for, as `read` gives it. Where that throws, says why without a stack and ends the process with status 2. */
export function askedFor<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    console.error(`${(error as Error).message.split('. To specify')[0]}; --help shows the options`)
    process.exit(2)
  }
}
