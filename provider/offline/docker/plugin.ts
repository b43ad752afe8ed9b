/**
 * The package `docker` where its genuine plugin can't be had: the same resources for the classes of `@pulumi/docker`,
 * as far as Warren's programs use them.
 */
import { serve } from '../../serve';
import { containerType } from './container/index';
import { imageType } from './image';
import { networkType } from './network';
import { remoteImageType } from './remoteImage';
import { openService } from './service';
import { volumeType } from './volume';

const TYPES = [networkType, volumeType, remoteImageType, imageType, containerType];

serve((host) => openService({ name: 'docker', version: '5.2.0' }, TYPES, host));
