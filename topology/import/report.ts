/** What an import made of what, for whoever reads it beside the topology. */
import type { LeftOut } from './leftOut';

export interface ReportLine {
  /** Undefined: of the whole broker. */
  readonly vhost?: string;
  /** In words. */
  readonly text: string;
}

export interface ImportReport {
  readonly recognised: readonly ReportLine[];
  readonly verbatim: readonly ReportLine[];
  readonly leftOut: readonly LeftOut[];
  /** What stands in the way of the target, each with the way out. */
  readonly inTheWay: readonly ReportLine[];
  /** Where the topology would not compile to the same; none unless Warren has a fault. */
  readonly differences: readonly string[];
}

export class ReportBuilder {
  readonly recognised: ReportLine[] = [];
  readonly verbatim: ReportLine[] = [];
  readonly leftOut: LeftOut[] = [];
  /** The family that a queue is left out for, by the queue's identity. */
  readonly familyOf = new Map<string, string>();

  finish(differences: readonly string[]): ImportReport {
    const { recognised, verbatim, leftOut } = this;
    return { recognised, verbatim, leftOut, inTheWay: [], differences };
  }
}

/** `1 queue`, `2 queues`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? noun : plural}`;
}
