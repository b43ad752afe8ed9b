/** Panels of a Grafana dashboard, and where they stand on its 24 columns. */

export interface Query {
  readonly expr: string;
  /** Grafana's template: `{{queue}}`. */
  readonly legend?: string;
}

export interface PanelOptions {
  readonly title: string;
  readonly description?: string;
  readonly queries: readonly Query[];
  /** Of 24. */
  readonly width: number;
  /** As Grafana calls it. Default: short. */
  readonly unit?: string;
  /** Values from which a colour is shown. */
  readonly warnAt?: number;
  readonly alarmAt?: number;
}

export type Panel = Readonly<Record<string, unknown>> & {
  readonly type: string;
  readonly width: number;
  readonly height: number;
};

interface FieldConfig {
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly overrides: readonly unknown[];
}

export const DATASOURCE = { type: 'prometheus', uid: '${datasource}' } as const;
const COLUMNS = 24;
const GRAPH_HEIGHT = 8;
const STAT_HEIGHT = 4;

/** A heading; what follows stands below it. */
export function row(title: string): Panel {
  return { type: 'row', title, collapsed: false, panels: [], width: COLUMNS, height: 1 };
}

/** Its thresholds are drawn as lines: the lines of the figures keep their own colours. */
export function graph(options: PanelOptions): Panel {
  const panel = common('timeseries', options, GRAPH_HEIGHT);
  const { defaults, overrides } = panel.fieldConfig as FieldConfig;
  const drawn = { thresholdsStyle: { mode: 'dashed' } };
  const lines =
    options.warnAt === undefined && options.alarmAt === undefined
      ? {}
      : { color: { mode: 'palette-classic' }, custom: drawn };
  return {
    ...panel,
    fieldConfig: { defaults: { ...defaults, ...lines }, overrides },
    options: {
      legend: { displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
  };
}

/** One number. */
export function stat(options: PanelOptions): Panel {
  return {
    ...common('stat', options, STAT_HEIGHT),
    options: {
      reduceOptions: { calcs: ['lastNotNull'], values: false },
      colorMode: 'value',
      justifyMode: 'auto',
      textMode: 'auto',
      orientation: 'auto',
      wideLayout: true,
      showPercentChange: false,
      percentChangeColorMode: 'standard',
      graphMode: 'area',
    },
  };
}

/** How full each is, as a bar. */
export function bars(options: PanelOptions): Panel {
  return {
    ...common('bargauge', options, GRAPH_HEIGHT),
    options: {
      reduceOptions: { calcs: ['lastNotNull'], values: false },
      orientation: 'horizontal',
      displayMode: 'lcd',
      valueMode: 'color',
      namePlacement: 'auto',
      showUnfilled: true,
      sizing: 'auto',
      minVizWidth: 8,
      minVizHeight: 16,
      maxVizHeight: 300,
      legend: { displayMode: 'list', placement: 'bottom', showLegend: false, calcs: [] },
    },
  };
}

/** A line for each result, with its labels. */
export function table(options: PanelOptions, hidden: readonly string[]): Panel {
  const panel = common('table', options, GRAPH_HEIGHT);
  return {
    ...panel,
    targets: targetsOf(options.queries).map((target) => ({
      ...target,
      format: 'table',
      instant: true,
      range: false,
    })),
    transformations: [
      {
        id: 'organize',
        options: { excludeByName: Object.fromEntries(hidden.map((name) => [name, true])) },
      },
    ],
    options: { showHeader: true, frameIndex: 0 },
  };
}

/** From left to right, and on a new line where there is no room left. */
export function placed(panels: readonly Panel[]): readonly Readonly<Record<string, unknown>>[] {
  let [x, y, lineHeight] = [0, 0, 0];
  return panels.map(({ width, height, ...panel }, index) => {
    if (x + width > COLUMNS) [x, y, lineHeight] = [0, y + lineHeight, 0];
    const gridPos = { x, y, w: width, h: height };
    x += width;
    lineHeight = Math.max(lineHeight, height);
    return { id: index + 1, ...panel, gridPos };
  });
}

function common(type: string, options: PanelOptions, height: number): Panel {
  const { title, description, queries, width, unit = 'short', warnAt, alarmAt } = options;
  const steps = [
    { color: type === 'timeseries' ? 'transparent' : 'green', value: null },
    ...(warnAt === undefined ? [] : [{ color: 'orange', value: warnAt }]),
    ...(alarmAt === undefined ? [] : [{ color: 'red', value: alarmAt }]),
  ];
  return {
    type,
    title,
    ...(description === undefined ? {} : { description }),
    datasource: DATASOURCE,
    targets: targetsOf(queries),
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        // Colours of the series themselves, where no value is a bad one.
        color: { mode: warnAt === undefined && alarmAt === undefined ? 'palette-classic' : 'thresholds' },
        thresholds: { mode: 'absolute', steps },
      },
      overrides: [],
    },
    width,
    height,
  };
}

function targetsOf(queries: readonly Query[]): readonly Readonly<Record<string, unknown>>[] {
  return queries.map(({ expr, legend = '__auto' }, index) => ({
    refId: String.fromCharCode('A'.charCodeAt(0) + index),
    datasource: DATASOURCE,
    expr,
    legendFormat: legend,
  }));
}
