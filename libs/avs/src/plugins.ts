import { echo } from './echo/echo.js';
import { kzgDa } from './kzg-da/kzg-da.js';
import { type AvsWorkload } from './workload.js';

/** Names of the workloads that ship. */
export const pluginNames = ['kzg-da', 'echo'] as const;

/** The name of a workload that ships. */
export type PluginName = (typeof pluginNames)[number];

/** The workloads that ship; adding one is a line here. */
export const plugins: Readonly<Record<PluginName, AvsWorkload>> = { 'kzg-da': kzgDa, echo };

/** Whether a workload of this name ships. */
export function isPluginName(name: string): name is PluginName {
  return pluginNames.some((known) => known === name);
}

/** What to tell who names a workload that does not ship. */
export function unknownPlugin(name: string): string {
  return `there is no plug-in "${name}"; there are: ${pluginNames.join(', ')}`;
}

/**
 * The workload of a name.
 *
 * @throws {RangeError} naming those that exist.
 */
export function workloadOf(name: string): AvsWorkload {
  if (!isPluginName(name)) throw new RangeError(unknownPlugin(name));
  return plugins[name];
}
