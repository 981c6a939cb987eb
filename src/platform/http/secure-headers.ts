/** What a browser is told about pages for people: nothing from elsewhere, nothing inline, in no frame. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';

const none = ["'none'"];
const self = ["'self'"];

const middleware = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: none,
      scriptSrc: self,
      styleSrc: self,
      imgSrc: self,
      fontSrc: self,
      connectSrc: self,
      formAction: self,
      baseUri: none,
      frameAncestors: none,
    },
  },
  // Only over TLS does a browser heed it; a proxy before a plain listener says its own.
  strictTransportSecurity: { maxAge: 31_536_000, includeSubDomains: false },
  referrerPolicy: { policy: 'same-origin' },
  xFrameOptions: { action: 'deny' },
});

export function secureHeaders(request: IncomingMessage, response: ServerResponse): void {
  middleware(request, response, (error) => {
    if (error) throw error;
  });
}
