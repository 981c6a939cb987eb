/** What a route of the operators' listener is: what it does, and what it takes to be let in. */
import type { Request, Response } from 'express';
import type { Who } from '../access/entered.ts';
import type { Permission } from '../access/permissions.ts';
import type { Language } from '../catalogue.ts';

interface Common {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  /** `page`: for people; a fault is a page too, and who is not signed in is led to where they can. */
  readonly shows: 'page' | 'data';
  readonly mostBodyBytes?: number;
  /** Asked by the page itself, not by a person: it keeps no session alive. */
  readonly passive?: true;
}

/** Before the sign-in, or whoever it is. */
export interface OpenRoute extends Common {
  readonly needs: 'nothing';
  handle(asked: Asked, response: Response): void | Promise<void>;
}

export interface GuardedRoute extends Common {
  /** `entered`: any account. */
  readonly needs: Permission | 'entered';
  handle(asked: Asked & { readonly who: Who }, response: Response): void | Promise<void>;
}

export type OperatorRoute = OpenRoute | GuardedRoute;

export interface Asked {
  readonly request: Request;
  readonly who: Who | undefined;
  readonly language: Language;
  readonly now: Date;
  readonly remoteAddress: string | undefined;
  /** What a form sent; empty when it was none. */
  readonly form: URLSearchParams;
}
