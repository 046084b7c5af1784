// Words of names brought to the plain verb they are made of: `FileDeleter`, `file_deletion`, `eliminar_archivo`, `删除文件`.

import { foldText } from "./effects/text.ts";
import { wordSet } from "./word-set.ts";

// Doers and deeds: `deleter`, `deletion` and `deleting` all delete.
const DERIVED =
  "delete:deleter,deletion,deleting remove:remover,removal,removing write:writer,writing create:creator,creation,creating " +
  "edit:editor,editing execute:executor,execution,executing,executer run:runner,running send:sender,sending,mailer,emailer " +
  "spawn:spawner,spawning deploy:deployer,deploying launch:launcher,launching start:starter,starting update:updater,updating " +
  "upload:uploader,uploading install:installer,installation terminate:terminator,termination kill:killer erase:eraser,erasure " +
  "move:mover,moving rename:renamer,renaming modify:modifier,modification replace:replacer,replacement transfer:transferer,transferring " +
  "delegate:delegator,delegation invoke:invoker,invocation publish:publisher,publishing patch:patcher append:appender " +
  "assign:assignment grant:granter,granting revoke:revocation reset:resetter activate:activation deactivate:deactivation " +
  "suspend:suspension wipe:wiper destroy:destroyer,destruction overwrite:overwriter trigger:triggerer post:poster " +
  "validate:validator,validation check:checker parse:parser find:finder read:reader view:viewer search:searcher list:lister count:counter analyze:analyzer detect:detector,detection verify:verifier,verification";

const DERIVED_WORDS: ReadonlyMap<string, string> = derived();

function derived(): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const group of DERIVED.split(" ")) {
    const [verb = "", forms = ""] = group.split(":");
    for (const form of forms.split(",")) map.set(form, verb);
  }
  return map;
}

/** What may follow the doer in a tool's name. */
const AFTER_DOER: ReadonlySet<string> = wordSet(
  "tool agent service plugin action function skill api server task job v alpha beta rc pro plus lite mini max new next latest legacy prod production dev staging async sync safe fast simple basic custom advanced extended local remote mcp bot operator worker module client component endpoint helper utility util handler wrapper",
);

// Spanish, Portuguese, French, German, Italian, Turkish, Russian: written as they are folded.
const FOREIGN =
  "delete:eliminar,borrar,suprimir,excluir,apagar,remover,deletar,supprimer,effacer,enlever,loschen,loeschen,entfernen,eliminare,cancellare,rimuovere,sil,kaldir,удалить,стереть,удали,удаление " +
  "execute:ejecutar,executar,executer,lancer,ausfuhren,ausfuehren,eseguire,calistir,выполнить,запустить,выполни,запусти " +
  "write:escribir,escrever,guardar,salvar,ecrire,enregistrer,schreiben,speichern,scrivere,salvare,yaz,kaydet,записать,сохранить,изменить,modificar,modifier,andern,aendern,bearbeiten,modificare " +
  "create:crear,criar,creer,erstellen,anlegen,creare,olustur,создать " +
  "send:enviar,mandar,envoyer,senden,verschicken,inviare,spedire,gonder,отправить,послать " +
  "pay:pagar,pago,pagamento,payer,paiement,bezahlen,zahlen,zahlung,bezahlung,pagare,ode,odeme,оплатить,заплатить,платеж,перевести " +
  "transfer:transferir,transferencia,transferer,virement,uberweisen,ueberweisen,uberweisung,ueberweisung,trasferire,bonifico,перевод " +
  "buy:comprar,acheter,kaufen,comprare,satinal,купить install:instalar,installer,installieren,installare,установить " +
  "disable:desactivar,desativar,desactiver,deaktivieren,disattivare,отключить deploy:desplegar,implantar,deployer,bereitstellen " +
  "file:archivo,fichero,arquivo,ficheiro,fichier,datei,dosya,файл,файлы command:comando,commande,befehl,kommando,komut,команда,команду " +
  "email:correo,courriel,posta,eposta,почта,письмо message:mensaje,mensagem,nachricht,messaggio,mesaj,сообщение folder:carpeta,pasta,dossier,ordner,cartella,klasor,папка,папку";

const FOREIGN_WORDS: ReadonlyMap<string, string> = foreign();

function foreign(): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const group of FOREIGN.split(" ")) {
    const [verb = "", forms = ""] = group.split(":");
    for (const form of forms.split(",")) map.set(foldText(form), verb);
  }
  return map;
}

// Scripts without spaces between words: looked for anywhere in a word.
const UNSPACED: readonly (readonly [string, string])[] = (
  "删除:delete 刪除:delete 移除:remove 清空:wipe 销毁:destroy 执行:execute 執行:execute 运行:run 写入:write 修改:modify 编辑:edit 创建:create 新建:create 上传:upload 发送:send 发布:publish 发帖:post 支付:pay 付款:pay 转账:transfer 轉帳:transfer 购买:buy 部署:deploy 安装:install 重启:restart 关闭:shutdown 停止:stop " +
  "文件:file 檔案:file 命令:command 邮件:email 消息:message 削除:delete 消去:erase 実行:execute 書き込:write 書込:write 編集:edit 作成:create 送信:send 投稿:post 支払:pay 送金:transfer 購入:buy ファイル:file コマンド:command メール:email " +
  "삭제:delete 제거:remove 실행:execute 쓰기:write 수정:modify 생성:create 전송:send 보내기:send 결제:pay 송금:transfer 구매:buy 배포:deploy 파일:file 명령:command 메일:email"
)
  .split(" ")
  .map((pair) => {
    const [text = "", verb = ""] = pair.split(":");
    return [foldText(text), verb] as const;
  });

/** The words of a name as plain English verbs and nouns, where they are known to be made of one. Cost: linear. */
export function plainWords(words: readonly string[]): readonly string[] {
  let changed = false;
  const plain = words.flatMap((word, index): readonly string[] => {
    const found = plainWord(word, words, index);
    changed ||= found !== null;
    return found ?? [word];
  });
  return changed ? plain : words;
}

const NUMBER_END = /\d{1,8}$/;

function mayFollowDoer(word: string): boolean {
  return AFTER_DOER.has(word) || /^[a-z]{0,2}\d+[a-z]?$/.test(word);
}

function plainWord(word: string, words: readonly string[], index: number): readonly string[] | null {
  const doing = DERIVED_WORDS.get(word) ?? DERIVED_WORDS.get(word.replace(NUMBER_END, ""));
  // `creation_date` is a date; `file_creation`, `file_deleter_v2` and `FileWriterTool` do.
  if (doing !== undefined && words.slice(index + 1).every(mayFollowDoer)) return [doing];
  const foreignWord = FOREIGN_WORDS.get(word);
  if (foreignWord !== undefined) return [foreignWord];
  if (word.charCodeAt(0) < 0x1100) return null;
  const within = UNSPACED.filter(([text]) => word.includes(text)).map(([, verb]) => verb);
  return within.length === 0 ? null : within;
}
