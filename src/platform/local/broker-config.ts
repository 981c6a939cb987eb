/** The configuration of a private ActiveMQ Classic, as its own XML. */

export interface BrokerConfig {
  readonly data: string;
  readonly user: string;
  readonly password: string;
  readonly stompPort: number;
  readonly openwirePort: number;
  readonly tls?: { readonly port: number; readonly keyStore: string; readonly keyStorePassword: string } | undefined;
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const attribute = (value: string): string => `"${value.replace(/[&<>"]/g, (char) => escapes[char] ?? char)}"`;

/**
 * Persistent (KahaDB, synced to disk), one user, no JMX, no scheduler. The dead-letter policy is the broker's own. A full disk
 * ends it: by default ActiveMQ goes on with a hole in its journal, gives receipts, and forgets all behind the hole when it is killed.
 * The classes named are those of ActiveMQ 5.16 and later.
 */
export function brokerXml(config: BrokerConfig): string {
  const { tls } = config;
  // Started in this order: whoever is answered by the last finds the others there.
  const connectors = [
    ...(tls ? [`<transportConnector name="stomp-tls" uri="stomp+ssl://127.0.0.1:${tls.port}"/>`] : []),
    `<transportConnector name="openwire" uri="tcp://127.0.0.1:${config.openwirePort}"/>`,
    `<transportConnector name="stomp" uri="stomp+nio://127.0.0.1:${config.stompPort}"/>`,
  ];
  const ssl = tls
    ? `<sslContext><sslContext keyStore=${attribute(`file:${tls.keyStore}`)} keyStoreType="PKCS12" keyStorePassword=${attribute(tls.keyStorePassword)}/></sslContext>`
    : '';
  return `<?xml version="1.0" encoding="UTF-8"?>
<beans xmlns="http://www.springframework.org/schema/beans" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="http://www.springframework.org/schema/beans http://www.springframework.org/schema/beans/spring-beans.xsd
  http://activemq.apache.org/schema/core http://activemq.apache.org/schema/core/activemq-core.xsd">
  <broker xmlns="http://activemq.apache.org/schema/core" brokerName="kuvert-local" useJmx="false" persistent="true"
    schedulerSupport="false" useShutdownHook="true" dataDirectory=${attribute(config.data)}>
    <persistenceAdapter>
      <kahaDB directory=${attribute(`${config.data}/kahadb`)} enableJournalDiskSyncs="true" journalMaxFileLength="16mb"/>
    </persistenceAdapter>
    <plugins>
      <simpleAuthenticationPlugin anonymousAccessAllowed="false">
        <users>
          <authenticationUser username=${attribute(config.user)} password=${attribute(config.password)} groups="users"/>
        </users>
      </simpleAuthenticationPlugin>
    </plugins>
    ${ssl}
    <ioExceptionHandler>
      <defaultIOExceptionHandler ignoreNoSpaceErrors="false"/>
    </ioExceptionHandler>
    <systemUsage>
      <systemUsage>
        <memoryUsage><memoryUsage limit="96 mb"/></memoryUsage>
        <storeUsage><storeUsage limit="2 gb"/></storeUsage>
        <tempUsage><tempUsage limit="256 mb"/></tempUsage>
      </systemUsage>
    </systemUsage>
    <transportConnectors>
      ${connectors.join('\n      ')}
    </transportConnectors>
  </broker>
</beans>
`;
}

/** Log4j 1.2, which Debian's ActiveMQ carries: to standard output, which goes to the log file. */
export const brokerLogProperties = `log4j.rootLogger=INFO, out
log4j.logger.org.apache.activemq.spring=WARN
log4j.logger.org.springframework=WARN
log4j.logger.org.apache.xbean=WARN
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d %5p | %m%n
`;
