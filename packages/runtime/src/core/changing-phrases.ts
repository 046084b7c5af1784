// What several words of a name say together, and what a name says after the product it begins with: `log_out_all_users`,
// `lights_off`, `stripe_issue_card`.

import { wordSet } from "./word-set.ts";

/** Products that stand before the verb in the names of their tools. */
const PRODUCTS = wordSet(
  "jira zendesk stripe okta github gitlab bitbucket datadog pagerduty opsgenie sentry grafana cloudflare vercel heroku netlify firebase auth0 twilio hubspot salesforce workday bamboohr gusto adp quickbooks xero plaid coinbase metamask brokerage robinhood hue nest tesla shopify airtable notion asana trello linear clickup confluence intercom freshdesk servicenow mailchimp sendgrid aws gcp azure s3 ec2 iam kms rds lambda gmail google outlook microsoft apple teams slack discord zoom calendly docusign dropbox sharepoint onedrive vault consul nomad wallet bank broker exchange crm erp mdm homeassistant alexa smartthings mcp",
);

/** Two words that change something together, each of which may say anything alone. */
const PAIRS: ReadonlySet<string> = pairs(
  "log:out,off sign:out,off opt:out,in fail:over,back wind:down take:down,over,offline bring:down,offline go:offline tear:down spin:down,up power:off,on,down,cycle black:out port:out,number lock:out,down wipe:out cash:out pay:off,out sell:off,short lay:off write:off,down,up call:off cut:off,power,access,line,supply,funding shut:off back:out phase:out roll:out,over melt:down scale:down,up,in,out dial:up,down,number,out " +
    "strip:permission,permissions,privilege,privileges,access,rights,roles,metadata root:device,phone,android,server,box,tablet bug:room,phone,office,car short:stock,shares,position,sell track:person,people,employee,employees,spouse,partner,wife,husband,child,victim offline:node,server,host,cluster,region,disk,volume factory:default,defaults,reset " +
    "credit:account,customer,wallet,balance,user debit:account,customer,wallet,balance,card force:green,logout,reboot,push,quit,stop vault:seal ansible:playbook traffic:light,lights,signal can:bus grid:load kill:switch sunset:api,service,version,endpoint,product,feature end:meeting,listing,call,session,stream,subscription,trial,instance,lease request:ride go:live flip:flag,flags,feature",
);

function pairs(text: string): ReadonlySet<string> {
  const set = new Set<string>();
  for (const group of text.split(" ")) {
    const [first = "", seconds = ""] = group.split(":");
    for (const second of seconds.split(",")) set.add(`${first} ${second}`);
  }
  return set;
}

const SWITCHED = wordSet("on off");
/** Words before `on` that say nothing of a switch. */
const NOT_SWITCHED = wordSet("log sign add based depends carry go what hands bolt head hold follow");

/** Where in a name two of its words change something together; -1 when none do. Cost: linear in the name. */
export function changingPair(list: readonly string[]): number {
  return list.findIndex((word, index) => PAIRS.has(`${word} ${list[index + 1] ?? ""}`));
}

/** Whether a name ends with the state that something is put in: `lights_off`. */
export function switches(list: readonly string[]): boolean {
  return list.length > 1 && SWITCHED.has(list.at(-1) ?? "") && !NOT_SWITCHED.has(list.at(-2) ?? "");
}

/** The first word of a name that is not the product it belongs to. */
export function firstAfterProduct(list: readonly string[]): string {
  const [first = "", second = first] = list;
  return PRODUCTS.has(first) ? second : first;
}
