/** Everything that can go wrong for a message, a supplier or an operator, one row each. */

/** retry: try again by itself · final: will not get better · operator: waits for a person. */
export type Disposition = 'retry' | 'final' | 'operator';

export interface FaultRow {
  readonly disposition: Disposition;
  /** The HTTP status when the fault is an answer on one of our listeners (RFC 9457). */
  readonly status: number;
  readonly title: string;
}

export const table = {
  // The frame, before it is a document.
  'frame-empty': { disposition: 'final', status: 400, title: 'The frame has no body' },
  'frame-not-a-document': {
    disposition: 'final',
    status: 400,
    title: 'The frame is a JMS map, stream or object message; send a text or bytes message',
  },
  'frame-too-large': { disposition: 'final', status: 413, title: 'The frame is larger than the limit' },
  'header-missing': {
    disposition: 'final',
    status: 400,
    title: 'A header is missing and cannot be read from the document',
  },
  'header-invalid': { disposition: 'final', status: 400, title: 'A header has a value that is not allowed' },
  'header-disagrees': { disposition: 'final', status: 422, title: 'A header says something else than the document' },
  'frame-unstorable': { disposition: 'final', status: 422, title: 'The frame could not be stored' },
  // The document.
  'document-not-recognised': {
    disposition: 'final',
    status: 415,
    title: 'The document is of no format that this gateway accepts',
  },
  'document-not-wellformed': { disposition: 'final', status: 422, title: 'The document is not well-formed' },
  'document-encoding': {
    disposition: 'final',
    status: 422,
    title: 'The bytes are not in the encoding that the document declares; send it as a bytes message',
  },
  'document-limit': { disposition: 'final', status: 422, title: 'The document is beyond a limit' },
  'document-invalid': { disposition: 'final', status: 422, title: 'The document breaks the rules of its format' },
  'document-wrong-type': {
    disposition: 'final',
    status: 422,
    title: 'The document is of another type than the message says',
  },
  'document-wrong-recipient': {
    disposition: 'final',
    status: 422,
    title: 'The document is for another organisation than the message says',
  },
  'document-wrong-number': {
    disposition: 'final',
    status: 422,
    title: 'The document has another number than the dead letter that it is entered for',
  },
  'document-wrong-sender': {
    disposition: 'final',
    status: 422,
    title: 'The buyer in the document is not the organisation that this gateway sends for',
  },
  'document-number-taken': {
    disposition: 'final',
    status: 409,
    title: 'Another document was accepted under this number',
  },
  // A withdrawal that KA sent.
  'withdrawal-unknown': { disposition: 'final', status: 404, title: 'There is no such message to withdraw' },
  'withdrawal-too-late': { disposition: 'final', status: 409, title: 'The supplier has the message already' },
  'withdrawal-not-now': {
    disposition: 'retry',
    status: 409,
    title: 'The message is being sent this moment; withdraw it again when that attempt is over',
  },
  'withdrawal-with-body': {
    disposition: 'final',
    status: 400,
    title: 'A withdrawal has no body; a document is sent without the header operation',
  },
  superseded: { disposition: 'final', status: 409, title: 'A newer version of the document was accepted' },
  // Why a delivery or a lane waits for somebody.
  'no-address': { disposition: 'operator', status: 404, title: 'No address is known for the recipient' },
  'type-not-agreed': {
    disposition: 'operator',
    status: 409,
    title: 'No address of the recipient takes this message type',
  },
  'mandate-ended': {
    disposition: 'operator',
    status: 409,
    title: 'The mandate by which an agent took it does not run any more',
  },
  'format-not-possible': {
    disposition: 'operator',
    status: 409,
    title: 'The document cannot be put in the envelope format of the address',
  },
  'schedule-spent': { disposition: 'operator', status: 504, title: 'Every planned try has been made' },
  'held-by-operator': { disposition: 'operator', status: 409, title: 'An operator holds it' },
  'cancelled-by-operator': { disposition: 'final', status: 410, title: 'An operator cancelled it' },
  'withdrawn-by-ka': { disposition: 'final', status: 410, title: 'KA withdrew it' },
  // What the wire said.
  'endpoint-unreachable': { disposition: 'retry', status: 502, title: 'The endpoint could not be reached' },
  'endpoint-tls': { disposition: 'retry', status: 502, title: 'The TLS handshake with the endpoint failed' },
  'endpoint-no-answer': { disposition: 'retry', status: 504, title: 'The endpoint gave no answer in time' },
  'endpoint-busy': { disposition: 'retry', status: 503, title: 'The endpoint asks us to come back later' },
  'proxy-failed': {
    disposition: 'retry',
    status: 502,
    title: 'Our own egress proxy opened no way to the endpoint',
  },
  'message-failed': { disposition: 'retry', status: 502, title: 'The endpoint failed on this message' },
  'message-refused': { disposition: 'operator', status: 422, title: 'The supplier refused the message' },
  'mass-refusal': {
    disposition: 'operator',
    status: 422,
    title: 'The supplier refuses one message after another; the lane is held and they wait',
  },
  'endpoint-rejects-us': {
    disposition: 'operator',
    status: 403,
    title: 'The endpoint does not let us in, or the URL is not (any longer) right',
  },
  'endpoint-certificate': {
    disposition: 'operator',
    status: 495,
    title: 'The endpoint showed a certificate that may not receive these messages',
  },
  'url-not-allowed': { disposition: 'operator', status: 403, title: 'The URL points where we may not connect' },
  'outcome-unknown': {
    disposition: 'retry',
    status: 500,
    title: 'The gateway stopped before the answer was recorded',
  },
  'envelope-changed': {
    disposition: 'operator',
    status: 500,
    title: 'The rebuilt envelope is not the one that was signed; nothing is sent',
  },
  // Envelopes, for whoever opens one.
  'envelope-malformed': { disposition: 'final', status: 400, title: 'The envelope cannot be read' },
  'audit-not-whole': { disposition: 'operator', status: 500, title: 'The audit is not what was written' },
  'evidence-malformed': { disposition: 'final', status: 400, title: 'The evidence cannot be read' },
  'signature-invalid': { disposition: 'final', status: 401, title: 'The signature is not that of these bytes' },
  'signature-key-unknown': { disposition: 'final', status: 401, title: 'The signature names a key we do not know' },
  // Requests on our own listeners.
  'request-malformed': { disposition: 'final', status: 400, title: 'The request cannot be read' },
  'request-refused': {
    disposition: 'final',
    status: 422,
    title: 'The certificate request, or the key in it, is not taken',
  },
  'request-too-large': { disposition: 'final', status: 413, title: 'The request is larger than this resource takes' },
  'method-not-allowed': { disposition: 'final', status: 405, title: 'The resource does not have that method' },
  'certificate-required': { disposition: 'final', status: 401, title: 'The resource wants a client certificate' },
  'certificate-not-accepted': {
    disposition: 'final',
    status: 403,
    title: 'The client certificate gives no access here',
  },
  'codes-wrong': { disposition: 'final', status: 401, title: 'The codes are not right' },
  'order-not-open': { disposition: 'final', status: 403, title: 'The certificate order is not open (any longer)' },
  'order-fetched': {
    disposition: 'final',
    status: 409,
    title: 'The certificate of this order was fetched, with another key',
  },
  'renewal-too-early': { disposition: 'final', status: 403, title: 'It is too early to renew the certificate' },
  'already-renewed': {
    disposition: 'final',
    status: 409,
    title: 'The certificate has been renewed, with another key',
  },
  'mandate-missing': {
    disposition: 'final',
    status: 403,
    title: 'No mandate lets the caller act for the organisation that the request names',
  },
  'message-not-fetched': {
    disposition: 'final',
    status: 409,
    title: 'The message was never given out, so nobody can have it',
  },
  'message-not-available': {
    disposition: 'final',
    status: 409,
    title: 'The message is not there to be fetched or receipted',
  },
  'media-type-not-taken': { disposition: 'final', status: 415, title: 'The body is of a type that is not taken here' },
  'sign-in-required': { disposition: 'final', status: 401, title: 'Sign in first, or show a token' },
  'not-permitted': {
    disposition: 'final',
    status: 403,
    title: 'That is not among what this account, or token, may do',
  },
  'form-not-ours': { disposition: 'final', status: 403, title: 'The page was not ours, or too old; load it again' },
  'host-unknown': { disposition: 'final', status: 421, title: 'This listener does not serve that host' },
  'too-many-requests': { disposition: 'retry', status: 429, title: 'Too many requests; come back later' },
  'not-acceptable': { disposition: 'final', status: 406, title: 'The resource exists in no format that was asked for' },
  // Operators, settings, suppliers.
  'setting-invalid': { disposition: 'operator', status: 500, title: 'The settings are not right' },
  'argument-invalid': { disposition: 'final', status: 400, title: 'The command was given something it cannot use' },
  'not-found': { disposition: 'final', status: 404, title: 'There is no such thing here' },
  'not-possible-now': { disposition: 'final', status: 409, title: 'That cannot be done in its present state' },
  'last-administrator': {
    disposition: 'final',
    status: 409,
    title: 'The last enabled administrator cannot be taken away',
  },
  'account-elsewhere': {
    disposition: 'final',
    status: 409,
    title: 'The account is kept by the OpenID Connect provider, not here',
  },
  'supplier-invalid': { disposition: 'final', status: 422, title: 'The supplier file is not right' },
  'order-invalid': { disposition: 'final', status: 422, title: 'The certificate order is not right' },
  'mandate-invalid': { disposition: 'final', status: 422, title: 'The mandate cannot be given so' },
  'authority-not-trusted': {
    disposition: 'final',
    status: 502,
    title: 'A listener, or a certificate that it answered with, does not come from the authority that is trusted',
  },
  'certificate-invalid': { disposition: 'final', status: 422, title: 'The certificate cannot be used' },
  'server-unavailable': { disposition: 'retry', status: 503, title: 'A server that the gateway needs does not answer' },
  'store-unsafe': { disposition: 'operator', status: 500, title: 'PostgreSQL is not set up to keep what it is told' },
  internal: { disposition: 'operator', status: 500, title: 'Something went wrong in the gateway' },
} as const satisfies Record<string, FaultRow>;
