import { builderRoutes } from './builder.routes.js';
import { relayRoutes } from './relay.routes.js';
import { validatorRoutes } from './validator.routes.js';
import { coprocessorRoutes } from './coprocessor.routes.js';
import { dataRoutes } from './data.routes.js';

/** Every route of `odf/1`. */
export const routes = {
  ...builderRoutes,
  ...relayRoutes,
  ...validatorRoutes,
  ...coprocessorRoutes,
  ...dataRoutes,
};
