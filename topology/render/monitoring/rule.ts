type Severity = 'critical' | 'warning';

/** An alerting rule, as it stands in Prometheus' rule files. */
export interface Rule {
  readonly alert: string;
  readonly expr: string;
  /** How long it must be so. */
  readonly for?: string;
  readonly labels: { readonly severity: Severity } & Readonly<Record<string, string>>;
  readonly annotations: { readonly summary: string; readonly description: string };
}

export interface RuleOptions {
  readonly severity: Severity;
  /** Prometheus wants no two rules of one name with the same labels. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly expr: string;
  readonly for?: string;
  /** One line; Prometheus' templates, as the description. */
  readonly summary: string;
  /** What it means, and what to look at. */
  readonly description: string;
}

export function rule(alert: string, options: RuleOptions): Rule {
  const { severity, expr, summary, description } = options;
  return {
    alert,
    expr,
    ...(options.for === undefined ? {} : { for: options.for }),
    labels: { severity, ...options.labels },
    annotations: { summary, description },
  };
}

/** A text of the topology where Prometheus expects a template. */
export function literal(text: string): string {
  return text.replaceAll('{{', '{{ "{{" }}');
}
