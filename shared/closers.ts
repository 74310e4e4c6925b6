/** What a service has opened, closed in reverse order. */
export class Closers {
  private readonly closers: (() => unknown)[] = []

  add(close: () => unknown): void {
    this.closers.push(close)
  }

  /** Closes everything, once. A closer that fails does not keep the others from closing. */
  async closeAll(): Promise<void> {
    for (let close = this.closers.pop(); close !== undefined; close = this.closers.pop()) {
      try {
        await close()
      } catch {
        // it is being let go in any case
      }
    }
  }
}
