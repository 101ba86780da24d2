import { pino, type ChildLoggerOptions, type DestinationStream, type LevelWithSilent, type Logger } from 'pino';
import { redact, redactMembers } from './redact.js';

/** How a logger writes. */
export interface LoggerOptions {
  level: LevelWithSilent;
  /** The program, as every line names it. */
  name: string;
  /** Coloured lines for people instead of JSON lines. */
  pretty?: boolean;
  /** Where JSON lines go instead of standard output. */
  destination?: DestinationStream;
}

/** The members of an HTTP request and answer that a log line shows: no headers, no body. */
const shownOfHttp = {
  req: ({ id, method, url, ip }: Record<string, unknown>) => ({ id, method, url, ip }),
  res: ({ statusCode }: Record<string, unknown>) => ({ statusCode }),
};

/**
 * A pino logger that shows no secret and no payload: see {@link redact}.
 *
 * Texts are written as they are, so put values into members, never into the message.
 *
 * @example
 * createLogger({ level: 'info', name: 'relay' }).info({ bid_root }, 'bid accepted');
 */
export function createLogger({ level, name, pretty = false, destination }: LoggerOptions): Logger {
  const options = {
    level,
    name,
    formatters: { log: redactLine },
    serializers: { ...shownOfHttp, err: redact },
    ...(pretty && { transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname' } } }),
  };
  return redactingChildren(destination && !pretty ? pino(options, destination) : pino(options));
}

/** Leaves `req` and `res` to their serializers, which pino calls after this. */
function redactLine(members: Record<string, unknown>): Record<string, unknown> {
  const { req, res, ...others } = members;
  return { ...redactMembers(others), ...(req !== undefined && { req }), ...(res !== undefined && { res }) };
}

type MakeChild = (this: Logger, bindings: object, options?: ChildLoggerOptions) => Logger;

/** pino redacts the members of lines through its formatter, but not the bindings of children. */
function redactingChildren(logger: Logger): Logger {
  const { child } = logger as unknown as { child: MakeChild };
  const redactingChild: MakeChild = function (bindings, options) {
    return child.call(this, redactLine({ ...bindings }), options);
  };
  // Children inherit from their parent, and with it this.
  return Object.assign(logger, { child: redactingChild });
}
