/** What every listener of ours has in common: request ids, one log line each, limits, faults as problems. */
import { randomUUID } from 'node:crypto';
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import { Fault, type FaultCode } from '../../domain/fault.ts';
import { maskNumbersIn } from '../../domain/organisation-number.ts';
import { errorText, type Log } from '../log.ts';
import { peerFingerprint } from './connections.ts';
import type { Contract } from './contract.ts';
import { asFault, callersStatus, type Problem, problemMediaType, problemOf } from './problem.ts';
import { holdRequests } from './requests.ts';

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  /**
   * `required`: turned away without a client certificate. Whose it is, and whether it may, the route itself looks up,
   * per request: the TLS stack's word for it outlives a withdrawal.
   */
  readonly certificate: 'not-asked' | 'required';
  /**
   * Largest body, in bytes, read into a Buffer on `request.body`; absent: no body is taken. One that the contract describes has been
   * parsed and found right when the route gets it.
   */
  readonly mostBodyBytes?: number;
  handle(request: Request, response: Response): void | Promise<void>;
}

/** `Retry-After` of a 503, in seconds. */
const unavailableSeconds = 5;

/** The link of a letter is 43 such characters, and may be asked for with something behind it that makes it no path of ours. */
const secretLike = /[\w-]{43,}/g;

const aboutMessage = /\/messages\/:id\b/;
/** What else stands in a path is anybody's text. */
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What no route answers costs whoever asks as much as what one does. */
const nowhere = { certificate: 'not-asked' } as const;

/** What is known of a request so far; logged once, when the answer is out. */
interface Trail {
  readonly requestId: string;
  readonly startedAt: number;
  route?: string;
  /** That its path names. */
  messageId?: string;
  fault?: FaultCode;
  error?: string;
}
const trails = new WeakMap<Request, Trail>();

/** SHA-256 of the client's certificate, lower-case hex; undefined if it showed none. Says nothing about whether to trust it. */
export function clientFingerprint(request: Request): string | undefined {
  return peerFingerprint(request.socket);
}

/** For log lines beside that of the request; the answer carries it as `x-request-id`. */
export const requestIdOf = (response: Response): string | undefined => response.get('x-request-id');

export interface AppOptions {
  /**
   * Looks at each request before anything more of it is read, its body least of all; at one that has no route as at one that
   * wants no certificate.
   * Throws a Fault for one that is turned away.
   */
  readonly enter?: (request: Request, response: Response, route: Pick<Route, 'certificate'>) => void | Promise<void>;
  /** What it does not allow reaches no route. */
  readonly contract?: Contract;
  /** Says an error of a library as the fault that it is, where that is known. */
  readonly translate?: (error: unknown) => unknown;
  /** Answers with something else than a problem, such as a page for people. Returns false to leave it. */
  readonly present?: (
    problem: Problem,
    fault: Fault,
    request: Request,
    response: Response,
  ) => boolean | Promise<boolean>;
}

/** Puts routes together to an application. A path without a route is 404, a method that a path does not have is 405. */
export function createApp(log: Log, routes: readonly Route[], options: AppOptions = {}): Express {
  const app = express();
  app.disable('x-powered-by');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.set('query parser', 'simple');
  app.use(beginTrail(log));
  for (const path of new Set(routes.map((route) => route.path))) {
    const here = routes.filter((route) => route.path === path);
    const methods = here.map((route) => route.method);
    // What is handed out to somebody is handed out whole, and is on record: no answer without its body.
    const head = here.some(({ method, certificate }) => method === 'GET' && certificate === 'not-asked');
    const allowed = [...methods, ...(head ? ['HEAD'] : [])].join(', ');
    for (const route of here)
      app[route.method.toLowerCase() as 'get' | 'post' | 'put' | 'delete'](
        path,
        ...guards(route, head, options.enter),
        ...held(route, options.contract),
        route.handle.bind(route),
      );
    app.all(path, async (request, response) => {
      await options.enter?.(request, response, nowhere);
      response.set('allow', allowed);
      throw new Fault('method-not-allowed', `${request.method} is not possible here; ${allowed} is`);
    });
  }
  app.use(async (request, response) => {
    await options.enter?.(request, response, nowhere);
    throw new Fault('not-found', `there is nothing at ${request.path.slice(0, 200)}`);
  });
  app.use(answerFault(log, options));
  return app;
}

function beginTrail(log: Log): RequestHandler {
  return (request, response, next) => {
    const trail: Trail = { requestId: randomUUID(), startedAt: performance.now() };
    trails.set(request, trail);
    response.set({ 'x-request-id': trail.requestId, 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
    // `close` comes once, whether the answer went out or the caller went away.
    response.once('close', () => {
      log.info('request', {
        requestId: trail.requestId,
        method: request.method,
        // A path is anybody's text, and may hold ids: the pattern where there is one.
        route: trail.route ?? maskNumbersIn(request.path.slice(0, 200).replaceAll(secretLike, '…')),
        ...(trail.messageId === undefined ? {} : { messageId: trail.messageId }),
        status: response.statusCode,
        ms: Math.round(performance.now() - trail.startedAt),
        remote: request.socket.remoteAddress,
        ...(response.writableFinished ? {} : { broken: true }),
        ...(trail.fault === undefined ? {} : { fault: trail.fault }),
        ...(trail.error === undefined ? {} : { error: trail.error }),
      });
    });
    next();
  };
}

function guards(route: Route, head: boolean, enter: AppOptions['enter']): RequestHandler[] {
  const note: RequestHandler = async (request, response, next) => {
    // Express has the routes of GET answer HEAD too.
    if (request.method === 'HEAD' && !head) return next('route');
    const trail = trailOf(request);
    trail.route = route.path;
    const { id } = request.params;
    if (aboutMessage.test(route.path) && typeof id === 'string' && uuid.test(id)) trail.messageId = id;
    await enter?.(request, response, route);
    if (route.certificate === 'required' && peerFingerprint(request.socket) === undefined)
      throw new Fault('certificate-required', 'show the client certificate that is registered for your organisation');
    // Nobody is there any more to be answered.
    if (!request.socket.destroyed) next();
  };
  if (route.mostBodyBytes !== undefined)
    return [note, express.raw({ type: () => true, limit: route.mostBodyBytes, inflate: false })];
  const noBody: RequestHandler = (request, _response, next) => {
    if (!hasBody(request)) return next();
    throw new Fault('request-too-large', 'this resource takes no body');
  };
  return [note, noBody];
}

const held = ({ method, path }: Route, contract: Contract | undefined): RequestHandler[] =>
  [contract && holdRequests(contract, method, path)].filter((handler) => handler !== undefined);

function answerFault(log: Log, { translate = (error) => error, present }: AppOptions): ErrorRequestHandler {
  return async (error: unknown, request: Request, response: Response, _next) => {
    const trail = trailOf(request);
    // A body that breaks off has the code of a connection that broke: it is the caller's, and no server of ours.
    const fault = asFault(callersStatus(error) === undefined ? translate(error) : error);
    trail.fault = fault.code;
    const problem = problemOf(fault, trail.requestId);
    if (problem.status >= 500) trail.error = errorText(fault);
    if (response.headersSent) {
      // Half an answer is out: the only honest end is a broken connection.
      log.warn('answer broken off', { requestId: trail.requestId, error: errorText(error) });
      request.socket.destroy();
      return;
    }
    // Whatever is away is back soon, or not: nobody gains by asking at once.
    if (problem.status === 503 && !response.hasHeader('retry-after'))
      response.set('retry-after', String(unavailableSeconds));
    // What follows on this connection is a body that nobody will look at: without this, all of it would be read.
    if (hasBody(request) && !request.complete) response.set('connection', 'close');
    response.status(problem.status).set('cache-control', 'no-store');
    if ((await present?.(problem, fault, request, response)) === true) return;
    response.type(problemMediaType).send(Buffer.from(JSON.stringify(problem)));
  };
}

function hasBody({ headers }: Request): boolean {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = headers;
  return length !== '0' || encoding !== undefined;
}

function trailOf(request: Request): Trail {
  const trail = trails.get(request);
  if (trail === undefined) throw new Error('the request did not come through createApp');
  return trail;
}
