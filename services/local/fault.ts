/** Something that only the person at the terminal can put right; shown as its message, without a stack. */
export class LocalFault extends Error {}
