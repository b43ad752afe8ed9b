/** What is wrong: told when it is new, and where that helps when it is over; not in each round. */

export interface Problem {
  /** The same for as long as it is the same. */
  readonly key: string;
  readonly text: string;
  /** What to say when it is over. */
  readonly over?: string;
}

/** Of one fleet, by its name. */
export function inFleet(fleet: string, { key, text, over }: Problem): Problem {
  return {
    key: `${fleet} ${key}`,
    text: `${fleet}: ${text}`,
    ...(over === undefined ? {} : { over: `${fleet}: ${over}` }),
  };
}

export interface Telling {
  /** Takes the problems of a round, and says what is different from the round before. */
  tell(problems: readonly Problem[]): void;
  /** The same where not everything could be looked at: what isn't among them is not over. */
  tellMore(problems: readonly Problem[]): void;
}

export function openTelling(say: (line: string) => void): Telling {
  let known = new Map<string, Problem>();
  const take = (now: ReadonlyMap<string, Problem>): void => {
    for (const { key, over } of known.values()) if (over !== undefined && !now.has(key)) say(over);
    for (const { key, text } of now.values()) if (!known.has(key)) say(text);
    known = new Map(now);
  };
  return {
    tell: (problems) => {
      take(new Map(problems.map((problem) => [problem.key, problem])));
    },
    tellMore: (problems) => {
      take(new Map([...known, ...problems.map((problem) => [problem.key, problem] as const)]));
    },
  };
}
