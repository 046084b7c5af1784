// Action types: the registered names, what they stand for, and how any spelling is folded to one.
//
// A type is looked up by its letters and digits alone (`executeShell`, `execute-shell`, `EXECUTE SHELL` are one), first
// whole, then without leading name spaces (`mcp__shell__exec`, `subprocess.run`, `tools/bash`). Types that are on no
// list are classed by the words of their name (action-words.ts).

import type { Verb } from "./action.ts";
import { foldName } from "./effects/text.ts";

/** A registered action type. */
export interface ActionType {
  readonly name: string;
  readonly verb: Verb;
  /** The member that a plain string payload stands for. */
  readonly main: string;
}

interface Row {
  readonly name: string;
  readonly verb: Verb;
  readonly main: string;
  /** Other names, folded to letters and digits, separated by spaces. */
  readonly aliases: string;
}

const ROWS: readonly Row[] = [
  {
    name: "execute_shell",
    verb: "exec",
    main: "command",
    aliases:
      "shell bash sh zsh ksh dash fish exec execute cmd cmdexe command commandline terminal console tty powershell pwsh " +
      "runcommand runcommands runcmd runshell runshellcommand runbash runbashcommand runterminal runterminalcmd runterminalcommand runinterminal " +
      "executecommand executecommands executecmd executebash executebashcommand executeshellcommand executeshellscript executeterminal executeterminalcommand " +
      "shellexec shellexecute shellcommand shellrun shelltool bashtool bashcommand bashexec terminalcommand terminalexec commandexec commandexecute commandrun " +
      "execcommand execcmd execshell execbash execsync execfile subprocess subprocessrun subprocesscall subprocesspopen subprocesscheckoutput subprocesscheckcall subprocessgetoutput popen ospopen ossystem system " +
      "childprocess childprocessexec childprocessspawn processrun processexec processstart startprocess spawnprocess runprocess runscript executescript runshellscript " +
      "localshell localshellcall computerbash sshexec sshcommand sshrun runssh remoteexec remotecommand remoteshell runremotecommand dockerexec containerexec kubectlexec " +
      "invokeshell invokecommand invokebash unixshell linuxshell linuxcommand doshell callshell shellcall runprogram executeprogram runcli cli commandlinetool replexec",
  },
  {
    name: "execute_code",
    verb: "exec",
    main: "code",
    aliases:
      "runcode codeexec codeexecution codeinterpreter executecodeblock evalcode eval evaluatecode runsnippet codetool interpreter repl notebook notebookcell notebookexecute runcell executecell jupyter ipython jupyterexecute",
  },
  {
    name: "execute_python",
    verb: "exec",
    main: "code",
    aliases:
      "runpython python python3 pythonexec pythonrepl pythonrepltool pythonastrepl pythonreplast executepythoncode runpythoncode pythoncode pythoninterpreter pythontool execpython evalpython runpythonscript",
  },
  {
    name: "execute_javascript",
    verb: "exec",
    main: "code",
    aliases:
      "runjavascript runjs javascript js jsrepl javascriptrepl javascripttool nodeeval noderepl node nodejs runnode executejs evaljs evaljavascript nodeexec executenode runtypescript typescript deno bun evaluatejavascript browserevaluate",
  },
  {
    name: "modify_file",
    verb: "fs.write",
    main: "path",
    aliases:
      "writefile filewrite writetofile fileedit editfile fileeditor filecreate createfile createnewfile newfile savefile filesave updatefile fileupdate changefile overwritefile replacefile patchfile fileappend appendfile appendtofile " +
      "writetext writetextfile savetext savetofile writecontent fswrite fswritefile fsedit fsappend filesystemwrite filesystemwritefile write edit multiedit strreplace strreplaceeditor strreplacebasededittool texteditor " +
      "editor replaceinfile insertinfile insertintofile searchandreplace searchreplace applypatch applydiff patch putfile touchfile truncatefile editcell notebookedit editnotebook writejson writecsv uploadtodisk filemodify modifyfiles writefiles editfiles " +
      "createdirectory createdir makedirectory makedir mkdir createfolder makefolder newfolder",
  },
  {
    name: "delete_file",
    verb: "fs.delete",
    main: "path",
    aliases:
      "deletefiles filedelete removefile removefiles fileremove rm rmfile rmdir rmtree unlink unlinkfile deletepath removepath deletedirectory deletedir removedirectory removedir deletefolder removefolder deletetree removetree erasefile destroyfile shredfile wipefile trashfile fsdelete fsremove fsunlink fsrm filesystemdelete deletefrompath osremove shutilrmtree",
  },
  {
    name: "move_file",
    verb: "fs.write",
    main: "source",
    aliases:
      "movefiles filemove renamefile filerename mv movepath renamepath movedirectory movefolder renamefolder renamedirectory fsmove fsrename rename move",
  },
  {
    name: "copy_file",
    verb: "fs.write",
    main: "source",
    aliases:
      "copyfiles filecopy cp copypath copydirectory copyfolder duplicatefile fscopy linkfile createsymlink symlink createlink symlinkfile hardlink extractarchive unziparchive unzip untar extractfile extractzip",
  },
  {
    name: "change_permissions",
    verb: "fs.write",
    main: "path",
    aliases:
      "chmod chmodfile filechmod chown chownfile filechown setpermissions setfilepermissions changemode changeowner chgrp setfacl changefilepermissions updatepermissions setfilemode icacls",
  },
  {
    name: "read_file",
    verb: "fs.read",
    main: "path",
    aliases:
      "fileread readfiles readtextfile readtext viewfile fileview openfile catfile cat showfile getfile getfilecontents getfilecontent readfilecontents loadfile fsread fsreadfile filesystemread filesystemreadfile readlines headfile tailfile readmultiplefiles readpath read view filecontents readdocument readbinaryfile readmediafile fileopen",
  },
  {
    name: "list_directory",
    verb: "fs.read",
    main: "path",
    aliases:
      "listdir listdirectories listfiles ls dir readdir readdirectory listfolder directorytree tree lsdir fslist glob globfiles findfiles fileexists pathexists fileinfo filestat statfile getfileinfo listalloweddirectories filesearch searchfiles grep grepsearch ripgrep",
  },
  {
    name: "call_external_api",
    verb: "net",
    main: "url",
    aliases:
      "externalapi externalapicall apicall apirequest callapi callendpoint httprequest http https httpcall httppost posthttp httpput httppatch httpdelete request requests requestspost requestsput requestspatch requestsdelete requestsrequest postrequest sendrequest sendhttprequest makerequest makehttprequest " +
      "restcall restapi restrequest rest webrequest webhook webhooks callwebhook sendwebhook postwebhook triggerwebhook webhookcall webhookpost posturl posttourl urlpost invokeapi invokeendpoint graphql graphqlquery graphqlrequest rpccall grpccall uploadfile uploadtourl fileupload senddata postdata submitform axios axiospost urllib curl wget apipost postapi proxyrequest forwardrequest websocketconnect openwebsocket connectwebsocket sockettcp tcpconnect socketconnect ftpupload sendpacket dnsquery ping",
  },
  {
    name: "fetch_url",
    verb: "net",
    main: "url",
    aliases:
      "fetch webfetch fetchwebpage fetchpage fetchsite fetchcontent fetchhtml fetchdata fetchjson fetchimage httpget gethttp requestsget getrequest urlget geturl urlfetch urlopen urlread readurl loadurl openurl visiturl visitpage visit browse browser browseweb browsepage browserurl browserurls browseropen browsernavigate browsergoto navigate navigateto navigateurl gotourl goto gotopage openpage openwebpage openwebsite openlink openbrowser " +
      "webbrowse webbrowser webget webload webpage webscrape webscraper webcrawl webread webreader scrape scrapeurl scrapepage scrapewebsite scraper crawl crawlurl crawlsite crawler loadpage loadwebpage loadwebsite getpage getwebpage getwebsite getwebcontent retrieveurl readwebpage readwebsite readpage screenshoturl screenshotpage pagescreenshot capturescreenshoturl takescreenshotofurl previewurl previewlink linkpreview unfurl unfurllink checkurl pingurl probeurl headrequest httphead axiosget apiget getapi playwrightnavigate puppeteernavigate puppeteergoto clickurl rssfetch fetchrss fetchfeed loadimage imagefromurl importurl importfromurl fetchfromurl streamurl",
  },
  {
    name: "download_file",
    verb: "net",
    main: "url",
    aliases:
      "download downloadurl downloadfromurl filedownload urldownload urlretrieve wgetfile curldownload savefromurl downloadimage downloadpage saveurl pullfile fetchfile downloadtofile retrievefile",
  },
  {
    name: "sql_query",
    verb: "db",
    main: "query",
    aliases:
      "sql runsql executesql execsql sqlexec sqlexecute runsqlquery executesqlquery querysql sqlstatement querydb dbquery querydatabase databasequery executequery runquery dbexecute dbexec executedb executestatement executedatabasequery rundbquery " +
      "postgres postgresql postgresquery pgquery psql psqlquery mysql mysqlquery sqlite sqlitequery sqlite3 mssql mssqlquery sqlserver oraclequery mariadb bigquery bigqueryquery snowflake snowflakequery redshift clickhouse duckdb athena athenaquery presto trino querysqldb sqldbquery sqldb readquery writequery alterschema sqldatabase dbsql rawsql rawquery cursorexecute",
  },
  { name: "spend_money", verb: "money", main: "amount", aliases: "spend spendfunds spendbudget makepurchase usefunds" },
  {
    name: "purchase",
    verb: "money",
    main: "amount",
    aliases:
      "buy buyitem buynow purchaseitem purchasegoods checkout placeorder completeorder completecheckout submitorder orderitem buystock buyshares buycrypto buyticket bookflight bookhotel placebid placetrade tradestock executetrade trade buyasset",
  },
  {
    name: "pay",
    verb: "money",
    main: "amount",
    aliases:
      "payment makepayment sendpayment processpayment createpayment submitpayment initiatepayment executepayment paybill payinvoice paysupplier payvendor payemployee runpayroll payroll payout payouts createpayout sendpayout chargecard charge chargecustomer createcharge capturepayment paypal paypalpayment venmo stripecharge stripepayment createpaymentintent paymentintent paymentintents paymentintentcreate paymentintentscreate stripepaymentintentcreate x402pay tip donate donation paytip reimburse disburse settle settlement",
  },
  {
    name: "transfer_funds",
    verb: "money",
    main: "amount",
    aliases:
      "transfer transfermoney fundstransfer moneytransfer transferfund transferbalance transferassets wire wiretransfer wiremoney wirefunds sendwire banktransfer bankwire sendmoney sendfunds movefunds movemoney achtransfer ach sepatransfer swifttransfer withdraw withdrawfunds withdrawal deposit depositfunds remit remittance sendcrypto cryptotransfer transfercrypto sendbitcoin sendbtc sendeth sendtokens transfertokens sendtransaction signtransaction swaptokens bridge bridgetokens stake unstake escrowrelease releaseescrow issuecredit topup loadfunds",
  },
  {
    name: "refund",
    verb: "money",
    main: "amount",
    aliases:
      "issuerefund processrefund createrefund refundpayment refundcustomer refundorder stripe refundcharge sendrefund",
  },
  {
    name: "invoice",
    verb: "money",
    main: "amount",
    aliases: "createinvoice sendinvoice issueinvoice billcustomer bill",
  },
  {
    name: "subscribe",
    verb: "money",
    main: "amount",
    aliases:
      "createsubscription startsubscription upgradesubscription upgradeplan buysubscription subscribeplan renewsubscription changeplan",
  },
  {
    name: "send_email",
    verb: "message",
    main: "body",
    aliases:
      "emailsend sendmail mail email sendgmail gmailsend gmailsendemail outlooksend outlooksendemail composeemail replyemail replytoemail emailreply forwardemail sendanemail emailmessage smtpsend sendsmtp mailsend sendhtmlemail senddraft createandsendemail sendgridsend emailuser emailcustomer notifybyemail",
  },
  {
    name: "send_message",
    verb: "message",
    main: "text",
    aliases:
      "messagesend message texting postmessage sendmsg sendsms sms sendtext textmessage sendtextmessage twiliosend sendslack slack slackmessage slacksend slackpost slackpostmessage sendslackmessage posttoslack postslackmessage chatpostmessage senddiscord discordmessage discordsend sendteams teamsmessage sendtelegram telegramsend telegramsendmessage sendwhatsapp whatsappsend whatsapp " +
      "senddm dm directmessage senddirectmessage sendchat chatsend sendchatmessage replymessage replytomessage reply sendreply postcomment addcomment comment createcomment sendnotification pushnotification notify notifyuser notifyusers sendpush sendalert sendfax makecall phonecall makephonecall voicecall placecall sendvoice sendinvite inviteuser sendinvitation sendletter signalsend matrixsend ircsend mattermostpost",
  },
  {
    name: "bulk_email",
    verb: "message",
    main: "body",
    aliases:
      "massemail emailblast bulkmail sendbulkemail sendnewsletter newsletter emailcampaign sendcampaign sendmassemail mailmerge emailall sendemailtoall blastemail",
  },
  {
    name: "broadcast",
    verb: "message",
    main: "text",
    aliases:
      "broadcastmessage sendbroadcast massmessage bulkmessage bulksms masssms sendbulksms sendtoall messageall notifyall sendbulk bulksend announce announcement",
  },
  {
    name: "post_to_social",
    verb: "message",
    main: "text",
    aliases:
      "posttosocialmedia socialpost postsocial socialmediapost tweet posttweet sendtweet createtweet retweet posttotwitter twitterpost tweetpost posttox xpost toot mastodonpost posttomastodon linkedinpost posttolinkedin facebookpost posttofacebook instagrampost posttoinstagram redditpost posttoreddit submitreddit tiktokpost youtubeupload posttobluesky blueskypost skeet postthread postupdate poststatus posttoforum forumpost createpost post",
  },
  {
    name: "publish",
    verb: "message",
    main: "text",
    aliases:
      "publishpost publisharticle publishcontent publishpage publishblog publishblogpost blogpost publishpackage npmpublish releasepost publishdocument publishsite publishvideo publishreport publishtoweb makepublic",
  },
  {
    name: "spawn_agent",
    verb: "spawn",
    main: "role",
    aliases:
      "forkagent startagent launchagent runagent subagent newagent spawnsubagent spawn spawnagents cloneagent replicateself selfreplicate invokeagent callagent agentspawn dispatchagent deployagent createsubagent launchsubagent startsubagent task runsubagent subagents spawnworker forkself spawntask agent",
  },
  {
    name: "create_agent",
    verb: "spawn",
    main: "role",
    aliases:
      "agentcreate makeagent buildagent createassistant createagents createbot addagent registeragent newassistant createworkeragent createcopilot",
  },
  {
    name: "delegate_task",
    verb: "spawn",
    main: "task",
    aliases:
      "delegate delegatework delegateto delegatetoagent delegatetask handoff handofftoagent handover transfertoagent assigntask assigntoagent askagent sendtoagent agenthandoff delegatetocoworker delegateworktocoworker",
  },
  {
    name: "deploy",
    verb: "deploy",
    main: "target",
    aliases:
      "deployment deployapp deployapplication deployservice deployproduction deploytoproduction deployprod deployto deploystaging deploycode deploysite deploycontract rundeployment startdeployment triggerdeploy triggerdeployment createdeployment release releaseversion createrelease rollout promote promotetoproduction shiptoproduction ship golive cutover pushtoproduction",
  },
  {
    name: "call_tools",
    verb: "other",
    main: "calls",
    aliases:
      "multitooluseparallel multitooluse paralleltooluse parallel paralleltools paralleltoolcalls parallelcalls batch batchtool batchtools batchcalls batchtoolcalls multicall toolcall toolcalls toolscall tooluse tooluses calltool calltools usetool usetools callmcptool usemcptool mcptool mcptoolcall mcpcall " +
      "invoketool invoketools runtool runtools executetool executetools exectool functioncall functioncalls callfunction invokefunction executefunction runaction runactions executeaction executeactions performaction performactions invokeaction toolinvocation toolinvocations actions dispatchtool jsonrpc",
  },
  {
    name: "use_computer",
    verb: "other",
    main: "text",
    aliases:
      "computer computeruse computerusepreview computercall computertool computeraction computercontrol desktop desktopcontrol desktopaction guiaction guicontrol screencontrol",
  },
  {
    name: "note_plan",
    verb: "other",
    main: "text",
    aliases:
      "todowrite writetodo writetodos updatetodo updatetodos todoupdate updatetodolist managetodolist updateplan exitplanmode",
  },
  {
    name: "type_text",
    verb: "other",
    main: "text",
    aliases:
      "type typetext typekeys typestring typein typeinto typeintext keyboard keyboardtype keyboardwrite keyboardinput keyboardpress textinput inputtext entertext inserttext typewrite pyautoguitypewrite pyautoguiwrite pyautoguipress pyautoguihotkey xdotooltype xdotoolkey xdotool " +
      "sendkeys sendkey sendkeystrokes sendkeystroke keystrokes keystroke presskeys presskey keypress presshotkey hotkey press pastetext paste filltext browsertype browserfill browserfillform browserinput browserpresskey pagefill pagetype domtype inputkeys adbinputtext appiumsendkeys",
  },
  {
    name: "crypto_mining",
    verb: "mining",
    main: "coin",
    aliases:
      "cryptomine minecoin mining startmining runminer startminer miningjob minemonero minebitcoin mineethereum coinmining minecoins",
  },
  { name: "mine_crypto", verb: "mining", main: "coin", aliases: "minecryptocurrency" },
  {
    name: "train_model",
    verb: "compute",
    main: "model",
    aliases:
      "trainmodels modeltraining starttraining trainingjob createtrainingjob finetune finetunemodel createfinetune pretrain trainneuralnetwork hyperparametersearch hyperparametersweep gridsearch",
  },
  {
    name: "high_compute_job",
    verb: "compute",
    main: "job",
    aliases:
      "computejob highcompute batchcompute gpujob startgpujob submitgpujob launchcluster createcluster provisioncluster scalecluster scaleup autoscale rungpujob hpcjob submitjob massivecompute renderfarm launchinstances createinstances provisioninstances runinstances ec2runinstances createvms provisionvms createvm launchvm startinstances provisiongpus allocategpus",
  },
];

const BY_KEY: ReadonlyMap<string, ActionType> = index();

function index(): ReadonlyMap<string, ActionType> {
  const map = new Map<string, ActionType>();
  for (const { name, verb, main, aliases } of ROWS) {
    const type = { name, verb, main };
    map.set(foldName(name), type);
    for (const alias of aliases.split(" ")) if (!map.has(alias)) map.set(alias, type);
  }
  return map;
}

/** Types that a policy names or the integrator registered, by their folded name. */
export type TypeRegistry = ReadonlyMap<string, ActionType>;

/** A type somebody names: a policy's rule, or the integrator with the verb it belongs to. */
export interface NamedType {
  readonly name: string;
  readonly verb?: Verb;
}

/**
 * Make types known. A name that folds to a registered type stays that type.
 *
 * @param classify the verb of a name that comes without one.
 */
export function registerTypes(types: readonly NamedType[], classify: (name: string) => Verb): TypeRegistry {
  const map = new Map<string, ActionType>();
  for (const { name, verb } of types) {
    const trimmed = name.trim();
    if (trimmed === "" || lookUpType(trimmed, null) !== null) continue;
    map.set(foldName(trimmed), { name: trimmed, verb: verb ?? classify(trimmed), main: "text" });
  }
  return map;
}

/** Names of the registered types, canonical. */
export function registeredTypes(): readonly string[] {
  return ROWS.map((row) => row.name);
}

/**
 * The type that a name stands for, in any spelling; null when it is on no list.
 *
 * Cost: linear in the name.
 */
export function lookUpType(name: string, registry: TypeRegistry | null): ActionType | null {
  const whole = BY_KEY.get(name) ?? byKey(foldName(name), registry);
  if (whole !== null && whole !== undefined) return whole;
  let rest = name;
  for (let round = 0; round < MAX_NAME_SPACES; round += 1) {
    const cut = SPACE_END.exec(rest);
    if (cut === null) return null;
    rest = rest.slice(cut.index + cut[0].length);
    const found = byKey(foldName(rest), registry);
    if (found !== null) return found;
  }
  return null;
}

const MAX_NAME_SPACES = 8;
const SPACE_END = /__|[./:\\]+/;

// Some vendors date or number their tools: `text_editor_20250124` is the text editor.
const VERSION_END = /(?:v?\d{1,3}|\d{6,8})$/;

function byKey(key: string, registry: TypeRegistry | null): ActionType | null {
  return exactly(key, registry) ?? exactly(key.replace(VERSION_END, ""), registry);
}

function exactly(key: string, registry: TypeRegistry | null): ActionType | null {
  return BY_KEY.get(key) ?? registry?.get(key) ?? null;
}
