using System.Text.RegularExpressions;

namespace McpProbe.Drift.Findings;

/// <summary>
/// The phrases, over a reading (<see cref="ReadText"/>): single spaces, ASCII quotes. Every repetition is bounded, and words
/// between words are counted, so that the work per character is bounded too; a test holds them to that. No
/// group is lazy: of two such groups in a row the generator of .NET 10 makes code that finds other matches or does not end.
/// </summary>
internal static partial class PhrasePatterns
{
    private const RegexOptions Any = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;
    private const RegexOptions Exact = RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;

    // Up to so many words, each with the space after it.
    private const string Words2 = "(?:[^ ]{1,40} ){0,2}";
    private const string Words4 = "(?:[^ ]{1,40} ){0,4}";
    private const string Words8 = "(?:[^ ]{1,40} ){0,8}";

    private const string Not = @"(?:do not|don't|do n't|never|must not|should not|shall not|avoid|without|no need to|not necessary to|refrain from)";
    private const string User = @"(?:(?:the |any |your )?(?:end[- ]?)?(?:users?|humans?|customers?|victim)|anyone|anybody)\b";
    private const string ThisMatter =
        @"(?:this|that|it|these|those|anything|any of (?:this|it)|the (?:fact|step|process|instructions?|verification|change|proxy|operation|requirement|details?))\b";

    private const string Conversation =
        @"(?:(?:conversation|chat|message|dialog|dialogue) (?:history|context|log|transcript)s?|(?:entire|full|complete|whole) (?:conversation|chat)"
        + @"|(?:your|the) system prompt|system prompt and|(?:previous|past|earlier|last(?: [0-9]{1,4})?|all(?: the)?) (?:user )?messages|user's (?:last |previous |[0-9]{1,4} ){0,3}messages?)\b";

    private const string Credentials =
        @"(?:credentials?|api[- _]?(?:keys?|tokens?)|access tokens?|auth(?:entication)? tokens?|passwords?|private keys?|ssh keys?|secrets|environment variables|env vars"
        + @"|session (?:cookies|tokens?)|cookies|seed phrases?|database[ _]password|api_keys|sensitive (?:data|files?|information))\b";

    private const string Pass = @"\b(?:send|forward|transmit|post|upload|include|pass|append|attach|copy|share|leak|exfiltrate|embed|write|e-?mail|submit|report|provide|deliver|dump|expose|put|add)\b";
    private const string Mail = @"[A-Za-z0-9._+-]{1,40}@[A-Za-z0-9-]{1,40}\.[A-Za-z0-9.-]{2,30}";
    private const string Phone = @"\+[0-9]{7,15}\b";
    private const string Web = @"(?:https?://[^ ]{3,200}|\b(?:[a-z0-9-]{1,40}\.){1,3}(?:com|net|io|org|dev|xyz|ru|club|evil|example)\b)";
    private const string Address = "(?:" + Mail + "|" + Phone + "|" + Web + ")";

    private const string SecretFile =
        @"(?:\.ssh\b|\bid_(?:rsa|ed25519|ecdsa|dsa)\b|\.aws/(?:credentials|config)|/etc/(?:passwd|shadow)\b|\.(?:npmrc|pypirc|netrc|pgpass|git-credentials|gnupg)\b|\.kube/config|\.docker/config\.json|\.config/gcloud)";

    private const string SettingsFile = @"(?:\bmcp\.json|claude_desktop_config\.json|(?<![\w)])\.env(?![\w.-])|(?<=/)\.env\b(?![\w.-])|\.env files?\b|\.bash_history|\.zsh_history|wallet\.dat)";

    // The name of a tool as models and servers write them.
    private const string ToolName = @"\(?[`'""]?(?<tool>(?:[A-Za-z][A-Za-z0-9]{0,30}_){1,6}[A-Za-z0-9]{1,30}|[a-z]{2,20}(?:[A-Z][a-z0-9]{1,20}){1,5})[`'""]?\)?";

    [GeneratedRegex(@"\b(?:ignore|disregard|forget|do not follow|don't follow|stop following|overrule) " + Words2
        + @"(?:previous|prior|above|earlier|preceding|system|original|initial|all|your|safety|security|other|existing) (?:[^ ]{1,40} ){0,2}(?:instructions?|directives?|prompts?|guardrails|guidelines|safety (?:checks?|rules|measures|protocols?))\b", Any)]
    public static partial Regex IgnoreInstructions();

    [GeneratedRegex(@"\b(?:ignore|disregard|forget|override|bypass|discard) " + Words2
        + @"(?:previous|prior|above|earlier|preceding|your safety|your security|system) (?:[^ ]{1,40} )?(?:instructions|directives|rules|restrictions|commands|orders|constraints)\b", Any)]
    public static partial Regex OverrideRules();

    [GeneratedRegex(@"\b(?:takes? precedence over|supersedes?|overrides?) (?:all|any)(?: of)?(?: other| previous| prior| earlier| your| the)? (?:[^ ]{1,20} )?(?:instructions?|directives?|prompts?|guidelines)\b", Any)]
    public static partial Regex Supersedes();

    [GeneratedRegex(@"\byou are now (?:[^ ]{1,20} ){0,3}['""]?(?:developer|debug|god|admin|administrator|root|jailbreak|dan|unrestricted|sudo)\b['""]?(?: mode)?|\byour new (?:system )?(?:instructions|directives|role|task)(?: are| is)? ?:|\bnew system (?:prompt|instructions|message) ?:", Any)]
    public static partial Regex NewRole();

    // After a match: instructions that stand in data are not ours to follow, and saying so is good advice.
    [GeneratedRegex(@"^,? ?(?:[^ ]{1,20} ){0,3}(?:(?:in|inside|within|contained|found|embedded|present|that appear|returned)\b|from (?:the )?(?:page|content|web|document|data|tool|result|output|site|email|issue|file|comment|external|untrusted))", Any)]
    public static partial Regex InData();

    [GeneratedRegex(@"<\|(?:im_start|im_end|im_sep|system|user|assistant|endoftext|eot_id|start_header_id|end_header_id|begin_of_text)\|>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>", Exact)]
    public static partial Regex TemplateToken();

    [GeneratedRegex(@"\b(?:(?:IMPORTANT|CRITICAL|URGENT) SYSTEM (?:DIRECTIVE|INSTRUCTION|MESSAGE|NOTE|UPDATE|ALERT)|SYSTEM (?:OVERRIDE|DIRECTIVE|CONTEXT UPDATE)|PRIORITY_INSTRUCTION)\b", Exact)]
    public static partial Regex ForgedSystem();

    [GeneratedRegex(@"(?:^|[\n.>-] ?)SYSTEM: |### Instruction:|(?:^|\n)(?:Human|Assistant): ", Exact)]
    public static partial Regex RoleLine();

    // Not tell the user (about it).
    [GeneratedRegex(@"\b" + Not + @" (?:ever |explicitly |also )?(?:tell|telling|inform|informing|notify|notifying|alert|alerting|warn|warning) " + User
        + @"(?! (?:that (?!you)|until|unless|if|when|before|again|yet|whether|how|what|which|why|the [^ ]{1,20} (?:is|was|has)))", Any)]
    public static partial Regex NotTellUser();

    // Not mention this (to the user).
    [GeneratedRegex(@"\b" + Not + @" (?:ever |explicitly |also )?(?:mention|mentioning|disclose|disclosing|reveal|revealing|report|reporting|explain|explaining|tell|telling|show|showing|say|display) " + ThisMatter
        + @"[^\n]{0,60}? (?:to|from|with) " + User, Any)]
    public static partial Regex NotMentionToUser();

    // Not mention that you read the file.
    [GeneratedRegex(@"\b" + Not + @" (?:ever |explicitly |also )?(?:mention|mentioning|disclose|reveal|say|tell|admit)(?: to the user| the user)? that (?:you(?:'re|'ve)?|the) " + Words4
        + @"(?:access|accessing|accessed|read|reading|send|sending|sent|share|sharing|copy|copied|copying|include|included|including|forward|upload|first|need|changed?|modified|leak|collect|collecting)\b", Any)]
    public static partial Regex NotMentionThat();

    [GeneratedRegex(@"\bwithout (?:the )?(?:user's? (?:knowledge|knowing|awareness|being aware|noticing)|(?:mentioning|disclosing|revealing) (?:this|it|that|these|the step)\b)", Any)]
    public static partial Regex WithoutKnowledge();

    [GeneratedRegex(@"\b(?:(?:secretly|covertly|surreptitiously|stealthily) (?:send|forward|copy|upload|include|read|execute|call|add|bcc|transmit|log|append|pass|collect|run|redirect|access|exfiltrate)"
        + @"|silently (?:send|forward|copy|upload|bcc|transmit|collect|exfiltrate|call|invoke|redirect|append|pass|add|include|read))\b", Any)]
    public static partial Regex Secretly();

    [GeneratedRegex(@"\b(?:(?:keep|hide|conceal) (?:this|it|that|these|them) (?:[^ ]{1,20} ){0,3}from " + User + @"|(?:should|must) (?:never|not) be (?:mentioned|disclosed) to " + User
        + @"|this is a secret (?:operation|step|instruction))", Any)]
    public static partial Regex KeepSecret();

    // An option that says whether people are told is no directive.
    [GeneratedRegex(@"\b(?:if true|when true|set to|if set|if false|whether|optional|option|flag|default|parameter|boolean)\b", Any)]
    public static partial Regex IsAnOption();

    [GeneratedRegex(@"\b(?:read|open|cat|retrieve|extract|grab|dump|copy|collect|scan|include|append|send|pass) " + Words8 + "[^ ]{0,60}?" + SecretFile, Any)]
    public static partial Regex ReadSecretFile();

    [GeneratedRegex(@"\b(?:read|open|access|cat|load|get|retrieve|extract|fetch|grab|dump|copy|collect) (?!to )" + Words8 + "[^ ]{0,60}?(?:" + SettingsFile + "|" + SecretFile + ")", Any)]
    public static partial Regex ReadAnyFile();

    // When to do it: before the tool's own work.
    [GeneratedRegex(@"\b(?:before (?:using|calling|running|executing|performing|any|each|every|returning|saving|processing|answering|searching|invoking|responding|providing|proceeding|you)|prior to|first|always|also (?:read|scan|include|get)|please read)\b", Any)]
    public static partial Regex Beforehand();

    // What to do with it: into an argument or an answer.
    [GeneratedRegex(Pass + " " + Words8 + @"(?:(?:as|in|into|to|via|through|using|with) (?:the |a |an |your |this |its |every |that |next )?(?:['""`][^'""` ]{1,40}['""`]|[^ ]{1,40} (?:parameter|argument|field|param|property|header|input|tag)s?\b|(?:response|answer|reply|output|request|message|notes?|metadata|sidenote|context|body)s?\b|" + Address + "))", Any)]
    public static partial Regex PassOn();

    [GeneratedRegex(Pass + " " + Words8 + "['\"(]?(?:" + Conversation + "|" + Credentials + @")[^ ]{0,3} (?:[^ ]{1,40} ){0,8}to:? " + Words2 + "['\"`(]?(?:" + Address + @"|(?:external|attacker|our|remote|logging)[^ ]{0,20} (?:server|service|endpoint|url|site))", Any)]
    public static partial Regex SendData();

    [GeneratedRegex(Pass + " " + Words8 + "['\"(]?" + Credentials + "[^ ]{0,3} (?:[^ ]{1,40} ){0,5}(?:in|to|into|with) (?:your|every|all|each) (?:[^ ]{1,20} )?(?:response|reply|answer|output|message)s?\\b", Any)]
    public static partial Regex CredentialsInAnswer();

    [GeneratedRegex(@"\b(?:also|always|must|important:?) (?:[^ ]{1,30} ){0,3}(?:include|append|attach|embed|expose|reveal|return|add|print) " + Words4 + "(?:the |all |any )?(?:user's |actual |real )?" + Credentials + "[^ ]{0,3} (?:[^ ]{1,40} ){0,4}(?:in|to|into|with) the (?:response|reply|answer|output|result)s?\\b", Any)]
    public static partial Regex AlsoCredentials();

    [GeneratedRegex("(?:" + Pass + @"|\bcall\b|\bwith\b) " + Words8 + "['\"(]?" + Conversation, Any)]
    public static partial Regex PassConversation();

    [GeneratedRegex(@"\b(?:any|every|each|all) (?:other |user )?(?:request|tool|question|call|response|answer)s?\b", Any)]
    public static partial Regex Everywhere();

    [GeneratedRegex(@"(?:^|[:;,] ?|\n|\b(?:then|and|also|always|must|to|please) )exfiltrate\b", Any)]
    public static partial Regex Exfiltrate();

    [GeneratedRegex(@"\bb?cc(?:'d|ed)?\b[^@\n]{0,120}" + Mail + "|" + Mail + @"[^@\n]{0,60}\bb?cc\b", Any)]
    public static partial Regex BlindCopy();

    [GeneratedRegex(@"\b(?:always|must|every|all|each|otherwise|never)\b", Any)]
    public static partial Regex EveryTime();

    [GeneratedRegex(@"\b(?:send|forward|redirect|route|reroute|copy|relay|deliver|change|rewrite|set|mail) " + Words4 + @"(?:all|every|each|any|recipients?|cop(?:y|ies)|message contents?) (?:[^ ]{1,40} ){0,6}(?:to|through|via|at):? " + Words4 + "(?:" + Mail + "|" + Phone + "|" + Web + ")", Any)]
    public static partial Regex SendAllTo();

    [GeneratedRegex(@"\b(?:send|forward|redirects?|deliver|mail) (?:a )?cop(?:y|ies) (?:[^ ]{1,40} ){0,4}to " + Words2 + "(?:" + Mail + "|" + Phone + ")", Any)]
    public static partial Regex CopyTo();

    [GeneratedRegex(@"\b(?:redirect|reroute|route|proxy|tunnel) (?:all|every|any) (?:[^ ]{1,30} )?(?:requests?|traffic|calls?|messages?|e-?mails?) (?:[^ ]{1,40} ){0,6}(?:to|through|via) (?:[^ ]{1,40} ){0,5}" + Web, Any)]
    public static partial Regex RedirectAll();

    [GeneratedRegex(@"\b(?:must|always|never|make sure|be sure|silently|before|instead|when|whenever|ensure)\b", Any)]
    public static partial Regex Directive();

    // Where a server's maker wants to hear from people.
    [GeneratedRegex(@"\b(?:feedback|bugs?|issues?|questions?|support|security reports?|vulnerabilit)", Any)]
    public static partial Regex Contact();

    [GeneratedRegex(@"\bcurl [^\n]{0,200}\$\(cat |\bcat [^|\n]{1,100}\| ?(?:base64[^|\n]{0,40}\| ?)?(?:curl|nc|wget)\b|\bcurl [^\n|]{0,160}(?:-d|--data[a-z-]{0,12}|-F|-T) ?['""]?@(?:~|/etc|\$HOME|\.env|\.ssh)|/dev/tcp/|\bnc -e\b|\bbash -i >", Any)]
    public static partial Regex StealingCommand();

    [GeneratedRegex(@"\b(?:curl|wget)\b[^|\n]{1,200}\| ?(?:sudo )?(?:ba|z)?sh\b|\brm -rf? (?:/|~)", Any)]
    public static partial Regex PipeToShell();

    [GeneratedRegex(@"\b(?:must|always|immediately|instead) (?:[^ ]{1,20} )?(?:execute|run)\b|\b(?:execute|run) (?:[^ ]{1,20} ){0,4}(?:immediately|now|before)\b", Any)]
    public static partial Regex MustRun();

    [GeneratedRegex(@"\bcommands? (?:must|should|has to|have to|need to|needs to) (?:always )?(?:include|start with|begin with|be prefixed|be preceded|be prepended|use)\b[^\n]{0,80}\b(?:curl|wget|chmod|bash|sh|powershell|nc|eval|rm|cat|sudo)\b", Any)]
    public static partial Regex CommandPrefix();

    // Words of an identifier: the content of a secret file, asked for by a parameter's name.
    [GeneratedRegex(@"\b(?:(?:reading|read|dump) (?:[^ ]{1,20} ){0,3}(?:ssh|id rsa|id ed25519|etc passwd|etc shadow|aws credentials|env file|mcp json|bash history|npmrc|kube ?config)|contents? (?:of|from) (?:[^ ]{1,20} ){0,3}(?:ssh|id rsa|id ed25519|etc passwd|etc shadow|aws credentials|env file|mcp json|private key|bash history|npmrc))\b", Any)]
    public static partial Regex AsksForSecretFile();

    /// <summary>What a decoded text must look like to be a command.</summary>
    [GeneratedRegex(@"\b(?:curl|wget|bash|sh|nc|ncat|powershell|pwsh|python[23]?|perl|ruby|node|eval|exec|chmod|chown|rm|cat|scp|ssh|sudo|iex|invoke-webrequest|invoke-expression|certutil|echo|export|env|printenv)\b [^\n]{0,200}(?:[|;&>]|https?:|~|/[a-z.]|-[a-zA-Z]|\$)", Any)]
    public static partial Regex ShellCommand();

    [GeneratedRegex(@"\b(?i:when|whenever|before|after|if|while|each time|every time|any time|instead of|prior to) (?:[^ ]{1,30} ){0,4}" + ToolName + @"(?=[ ,.:;]|$)", Exact)]
    public static partial Regex WhenTool();

    // Right before a tool's name, and right after it: what is done with it. A word between, such as with, makes it an argument of the call.
    private const string Between = @"(?: (?!(?:with|without|by|for|from|via|as|on|of|under|and|or|where|whose|has|have|set|sets) )[^ ,;:.]{1,30}){0,3} [(`'""]{0,2}$";

    private const string Afterwards = @"^(?: (?!(?:set|with|as|and|or) )[^ ,;:.]{1,20}){0,3} ";

    [GeneratedRegex(@"\b(?:call|calls|calling|invoke|invokes|invoking|execute|executes|executing|run|runs|running)" + Between, Any)]
    public static partial Regex CallsIt();

    [GeneratedRegex(Afterwards + @"(?:called|invoked|executed|run)\b", Any)]
    public static partial Regex IsCalled();

    [GeneratedRegex(@"\b(?:use|uses|using)" + Between, Any)]
    public static partial Regex UsesIt();

    [GeneratedRegex(Afterwards + @"used\b", Any)]
    public static partial Regex IsUsed();

    [GeneratedRegex(@"\b(?:add|append|prepend|insert|change|replace|redirect|route|rewrite|modify|copy|forward|bcc|log|send|upload|swap|set|ensure|make sure)\b " + Words8
        + @"[^ ]{0,2}(?:recipients?|bcc|cc|phone|numbers?|copy|copies|contents?|proxy|endpoint|external|logging|clause|prefix|attacker[^ ]{0,30}|requests?|messages?|e-?mails?|" + Mail + "|https?:)(?![A-Za-z_])", Any)]
    public static partial Regex Tampers();

    [GeneratedRegex(@"\bside effects? on (?:[^ ]{1,30} ){0,4}[^ ]{1,40} tools?\b", Any)]
    public static partial Regex SideEffect();

    [GeneratedRegex(@"\b(?:whenever|every time|each time|any time|after|when|before) (?:[^ ]{1,20} ){0,2}(?:use|using|call|calling|invoke|invoking|run|running|execute|executing) (?:any|every|each|all)(?: other| the| of the| available)? (?:[^ ]{1,20} )?tools?[,:]? (?:[^ ]{1,40} ){0,3}also (?:[^ ]{1,20} ){0,1}(?:call|invoke|run|execute|send|use|pass)\b", Any)]
    public static partial Regex AroundEveryTool();

    [GeneratedRegex(@"</?(?:IMPORTANT|CRITICAL|SYSTEM|HIDDEN|SECRET|INSTRUCTIONS?|OVERRIDE)>|\[(?:HIDDEN|SECRET|SYSTEM)\]|\[IMPORTANT:|</?(?:important|hidden|secret)>", Exact)]
    public static partial Regex AuthorityTag();

    [GeneratedRegex(@"\b(?:must|always|should) (?:always )?(?:call|use|invoke|run) this (?:tool|function)(?: [^ ]{1,20})? (?:first\b|before (?:any|all|every|answering|responding|using any|doing|everything))|\b(?:must|always|should|have to|has to|need to|needs to|required to) (?:[^ ]{1,30} ){0,8}before (?:using|calling|invoking|running) (?:any |all )?(?:of the )?other tools?\b|\binstead of (?:any |all )?(?:of the )?other tools?\b|\bdo not use any other tools?\b|\bcall this (?:tool|function) (?:for|on|before) (?:any|every|all)\b|\bfrom now on,? (?:you|always|never|all)\b", Any)]
    public static partial Regex Pushy();

    [GeneratedRegex(@"\b(?:ask|prompt|request|tell|get) (?:the )?users? (?:for|to (?:enter|provide|give|type|paste|share|supply)) (?:[^ ]{1,30} ){0,5}(?:passwords?|passphrase|credentials|api keys?|access tokens?|private keys?|seed phrase|credit card|social security|pin)\b|\b(?:enter|type|paste) your (?:[^ ]{1,20} ){0,2}(?:password|passphrase|seed phrase|private key|credit card)\b", Any)]
    public static partial Regex AsksCredentials();

    [GeneratedRegex(@"^\W{0,5}(?:system|instruction|hidden|priority_instruction|note to|to the (?:ai|assistant|model|agent))\b|\b(?:always|must|never|ignore|include|send|execute|expose|extract|forward|exfiltrate|bypass|also)\b", Any)]
    public static partial Regex CommentInstructs();

    // Right before a match, in the same clause: what must not be done.
    [GeneratedRegex(@"\b(?:never|not|don't|cannot|can't|won't|doesn't|avoid|refuses? to|refuse|without|prevents?)(?! (?:forget|fail|hesitate|neglect|skip|worry|only)\b)(?: [^ ,;:.]{1,30}){0,4} ?['""`]?$", Any)]
    public static partial Regex Negates();

    // Right before a match: the text speaks about attacks, or gives an example.
    [GeneratedRegex(@"\b(?:detect|scan|block|prevent|flag|identif|classif|filter|sanitiz|reject|protect|attempt|inject|jailbreak|malicious|suspicious|payload|example|e\.g\.|such as|look(?:s|ing)? for|search(?:es)? for|checks? (?:for|whether)|phrases?|patterns?)[^\n]{0,80}$", Any)]
    public static partial Regex Describes();
}
