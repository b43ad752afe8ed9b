/**
 * The package `kubernetes` where its genuine plugin can't be had: any object, for the classes of `@pulumi/kubernetes`.
 */
import { serve } from '../../serve';
import { openService } from './service';

serve((host) => openService({ name: 'kubernetes', version: '4.34.2' }, host));
