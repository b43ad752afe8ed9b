/** Kubernetes' quantities in bytes. */

const UNITS: Readonly<Record<string, number>> = {
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** @param quantity as the settings were checked for, or as an API server writes it: `2Gi`, `512Mi`, `1000000`, `10e9` */
export function parseQuantityBytes(quantity: string): number {
  const [, number = '', unit = ''] = /^([\d.]+(?:[eE]\d+)?)([A-Za-z]*)$/.exec(quantity) ?? [];
  return Math.round(Number(number) * (UNITS[unit] ?? 1));
}
