// Loaded before a service: its clock goes wrong by so many ms. Timers and performance.now() stay as they are, as with a real wrong clock.
const offset = Number(process.env.CHAOS_CLOCK_OFFSET_MS)
const RealDate = Date

globalThis.Date = class extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(RealDate.now() + offset)
    else super(...parts)
  }

  static now() {
    return RealDate.now() + offset
  }
}
