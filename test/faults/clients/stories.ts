/** What clients saw, in ms of one monotonic clock since the run began. */

export type Habit = 'nsupdate' | 'kea' | 'acme' | 'terraform' | 'probe'

export interface Sending {
  readonly at: number
  readonly edge: number
}

export interface Answer {
  readonly at: number
  readonly edge: number
  readonly rcode: number
}

/** One UPDATE as its sender knows it: every copy that was sent, and every answer that it may take, however late. */
export interface CommandStory {
  /** Also a TXT record in the message, by which its event is known. */
  readonly id: string
  readonly zone: string
  readonly habit: Habit
  readonly sends: Sending[]
  readonly answers: Answer[]
}

/** What came as the answer to an UPDATE, and is none that its sender may take: nobody believes it, and it should not be there. */
export interface UnverifiedAnswer extends Answer {
  /** The command's id; empty where none was asked so. */
  readonly command: string
  readonly zone: string
  /** What is wrong with it. */
  readonly fault: string
}

/** A query at the edge that had just answered NOERROR, and what it said. */
export interface ReadStory {
  readonly zone: string
  readonly name: string
  readonly type: number
  /** The command whose effect must be seen. */
  readonly after: string
  readonly edge: number
  readonly askedAt: number
  readonly answeredAt: number
  readonly rcode: number
  /** RDATA in hex, sorted. */
  readonly values: readonly string[]
}

/** When a new process took an edge's place. */
export interface EdgeStart {
  readonly edge: number
  readonly at: number
}

/** All stories of a run. */
export class Chronicle {
  readonly commands: CommandStory[] = []
  readonly reads: ReadStory[] = []
  readonly edgeStarts: EdgeStart[] = []
  readonly unverified: UnverifiedAnswer[] = []
  private readonly began = performance.now()

  now(): number {
    return performance.now() - this.began
  }

  command(id: string, zone: string, habit: Habit): CommandStory {
    const story = { id, zone, habit, sends: [], answers: [] }
    this.commands.push(story)
    return story
  }
}
