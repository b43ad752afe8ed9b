/** A resource of the offline plugin as Pulumi's engine handles it: checked, created, compared, changed. */
import { expect } from 'vitest';
import { urn, type DetailedDiff, type PluginProcess, type Values } from '../provider/plugin';

export class Resource {
  id = '';
  state: Values = {};

  constructor(
    readonly plugin: PluginProcess,
    /** `container`, `network` … */
    private readonly kind: string,
    private readonly name = 'x',
  ) {}

  get urn(): string {
    return urn(
      `docker:index/${this.kind}:${this.kind[0]?.toUpperCase() ?? ''}${this.kind.slice(1)}`,
      this.name,
    );
  }

  async check(inputs: Values): Promise<Values> {
    const { inputs: checked, failures } = await this.plugin.check(this.urn, inputs);
    expect(failures).toEqual({});
    return checked;
  }

  async create(inputs: Values): Promise<this> {
    const made = await this.plugin.create(this.urn, await this.check(inputs));
    this.id = made.id;
    this.state = made.state;
    return this;
  }

  async diff(inputs: Values): Promise<DetailedDiff> {
    return this.plugin.diff(this.urn, this.state, await this.check(inputs), this.id);
  }

  async update(inputs: Values): Promise<void> {
    this.state = await this.plugin.update(this.urn, this.id, this.state, await this.check(inputs));
  }

  /** @returns whether it is still there */
  async refresh(): Promise<boolean> {
    const found = await this.plugin.read(this.urn, this.id, this.state);
    if (found.id === '') return false;
    this.state = found.state;
    return true;
  }

  async import(id: string): Promise<Values> {
    const found = await this.plugin.read(this.urn, id);
    this.id = found.id;
    this.state = found.state;
    return found.inputs;
  }

  async remove(): Promise<void> {
    await this.plugin.remove(this.urn, this.id, this.state);
  }
}

export const UNCHANGED: DetailedDiff = {
  changed: false,
  deleteBeforeReplace: false,
  replaces: [],
  details: {},
};
