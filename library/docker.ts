/** Components on a Docker host. */
export { Cluster, type ClusterArgs } from '../docker/cluster/index';
export { Monitoring, type MonitoringArgs } from '../docker/monitoring/index';
export { Scaler, type ScalerArgs } from '../docker/scaler';
export { Fleet, type FleetArgs } from '../docker/workers/index';
export { readDockerSettings, type DockerSettings } from '../docker/settings';
