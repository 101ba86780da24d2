/** The relay's version, as `/relay/v1/info` and OpenAPI show it. */
export const RELAY_VERSION = '0.1.0';
