/** A pull or merge request as GitHub and GitLab keep it: its pushes and labels, with the times that their API tells. */

type Entry = Readonly<Record<string, unknown>>;

export class HostedChange {
  readonly labels = new Set<string>();
  /** `GET …/issues/N/events`, `GET …/activity`, the newest first. */
  readonly events: Entry[] = [];
  readonly activities: Entry[] = [];
  /** `GET …/versions`, the newest first, and `GET …/resource_label_events`. */
  readonly versions: Entry[] = [];
  readonly labelEvents: Entry[] = [];
  revision = '';
  #minute = 0;

  /** Whatever happens takes a minute, so that GitHub's seconds tell one from the other. */
  get now(): string {
    return new Date(Date.UTC(2026, 0, 1, 0, this.#minute)).toISOString().replace('.000', '');
  }

  push(revision: string): void {
    this.#minute++;
    const before = this.revision;
    this.revision = revision;
    this.activities.unshift({
      before,
      after: revision,
      ref: 'refs/heads/change',
      timestamp: this.now,
      activity_type: 'push',
    });
    this.versions.unshift({ id: this.#minute, head_commit_sha: revision, created_at: this.now });
  }

  give(label: string): void {
    this.labels.add(label);
    this.happens('labeled', label);
    this.labelEvents.push({ id: this.#minute, action: 'add', label: { name: label }, created_at: this.now });
  }

  takeOff(label: string): boolean {
    if (!this.labels.delete(label)) return false;
    this.happens('unlabeled', label);
    this.labelEvents.push({
      id: this.#minute,
      action: 'remove',
      label: { name: label },
      created_at: this.now,
    });
    return true;
  }

  /** An event of a pull request. */
  happens(event: string, label?: string): void {
    this.#minute++;
    this.events.push({
      event,
      created_at: this.now,
      ...(label === undefined ? {} : { label: { name: label } }),
    });
  }
}
