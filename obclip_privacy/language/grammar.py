"""Closed word classes of English, as the rules need them. Open classes are data (``data/en``)."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ARTICLES = _words("a an")
DETERMINERS = _words("a an the this that these those my your our its another each every some any no one")
POSSESSIVES = _words("my your our its")
NUMBERS = _words(
    "one two three four five six seven eight nine ten eleven twelve dozen several many few "
    "various multiple both numerous couple all some most these those"
)
#: Before ``of them``.
QUANTITIES = _words("none each any half most part rest neither either")
BE = _words("is are was were be been being am looks look looked seems seem seemed appears appear appeared")
FEEL = _words("feel feels felt feeling become becomes became go goes went turn turns turned")
COPULA = _words("is was are were")
#: With what an adjective is said of somebody who stands before it.
SAYS_OF = BE | _words("become becomes became get gets got getting grow grows grew growing feel feels felt")
#: What is left of *is* and *are* after an apostrophe.
CONTRACTED_BE = _words("s re m")
#: ``she is a bit old and tired``
DEGREES = _words("a bit little kind of sort kinda still already no longer not too just only quite rather")
JOINERS_OF_ADJECTIVES = _words("and , & but yet")
CONJUNCTIONS = _words("and or & nor but plus")
LIST_JOINERS = _words("and or &")
PREPOSITIONS = _words(
    "with in on at of for to from by into onto upon over under behind beside besides near next "
    "above below through during before after about around against along across toward towards "
    "without within inside outside like as than off out up down between among amid beneath "
    "underneath past per via while where who whom which whose when because if so although "
    "though since until that what how why then there here too also again together away back "
    "forward alone outdoors indoors not never only just"
)
AUXILIARIES = _words(
    "is are was were be been being am has have had do does did can could will would shall "
    "should may might must"
)
RELATIVES = _words("who that which whom whose")
#: Words that end a noun phrase: nothing beyond them is described by an adjective before them.
STOPS = (
    DETERMINERS
    | PREPOSITIONS
    | AUXILIARIES
    | _words("i you it we they them their theirs themselves he she wearing holding having using")
)
#: Words that begin something else than what an adjective or a pronoun before them could go with.
PHRASE_ENDS = STOPS | CONJUNCTIONS
INTENSIFIERS = _words(
    "very really extremely quite rather somewhat slightly incredibly so too fairly pretty most "
    "more much super truly half quarter mostly absolutely highly ever especially particularly still"
)
#: Heads that stand for a person after *female* or *male*.
PERSON_PARTS = _words(
    "portrait portraits face faces body bodies silhouette silhouettes head heads hand hands "
    "torso figure figures voice anatomy form nude nudes avatar avatars protagonist character "
    "characters model models lead cast gaze physique features hips legs torsos mannequin bust "
    "statue sculpture headshot focus"
)
#: Nouns in -ing, which after a pronoun are its possession (``shows her ring``).
NOUNS_IN_ING = _words(
    "ring rings earring earrings drawing drawings painting paintings building buildings wedding "
    "weddings thing things string strings wing wings clothing offspring sibling siblings darling king "
    "belongings bearing feeling feelings greeting greetings ceiling swing evening morning stocking "
    "stockings lightning bedding ceilings fishing sewing knitting wrapping"
)
#: What is *she* where nobody is named (``a ship and her crew``), besides animals.
BEARERS = _words(
    "ship ships boat yacht schooner frigate sailboat galleon steamer robot dragon dragons dragoness unicorn "
    "doe drake train locomotive engine submarine ferry tugboat trawler"
)
#: Plants that no verb is called like (``a maiden grass``, ``a lady orchid``).
PLANTS = _words(
    "grass fern orchid orchis cactus lichen moss mushroom toadstool fungus agave protea peony dahlia "
    "hydrangea geranium begonia crocus crabapple cypress sequoia redwood baobab tulip daisy sedge thistle "
    "clematis rhododendron azalea camellia magnolia banksia eucalyptus acacia saltbush bilberry hellebore "
    "primrose poppy columbine hyacinth narcissus daffodil bluebell foxglove lupin sunflower succulent "
    "bromeliad nasturtium houseplant wildflower flower"
)
#: What is made up of one, or is a part of one.
OF_PLANTS = _words("border bed pot leaf bloom flower plant clump seedling frond hedge blossom seed bulb stem")
#: What is made for ladies or for gentlemen and is called so (``a lady desk``).
PERSONAL_THINGS = _words(
    "desk armchair wardrobe dresser razor shaver wristwatch parasol umbrella handbag purse wallet bicycle "
    "saddle sidesaddle cane handkerchief glove bureau"
)
#: Things that have somebody's name on them and do not show them (``Batman logo``).
SIGNS = _words("logo logos emblem emblems font label labels brand wordmark")
#: Things that are sold, and that are called after persons (``a girl guide cookie tin``).
NAMESAKES = _words(
    "logo logos mask masks toy toys lunchbox mug mugs cape figurine figurines sticker stickers emblem "
    "font label brand lego keychain backpack plushie costume costumes action lily lilies doll dolls "
    "movie comic comics magnet magnets bottle bottles jar jars tin tins box boxes can cake cakes dessert "
    "desserts perfume cologne tea coffee soap candle candles watch bracelet handbag lamp postcard postcards"
)
#: Of these, those that may well show somebody (``a young woman anime sticker``).
SHOWING = _words(
    "mask masks toy toys mug mugs figurine figurines sticker stickers lego plushie costume costumes doll "
    "dolls action movie comic comics magnet magnets postcard postcards lunchbox backpack keychain lamp cape"
)
#: What has words on it, and is not worn (``a neon sign that says LADIES NIGHT``).
INSCRIBED = _words(
    "sign signs banner plaque poster billboard placard lettering neon sleeve chalkboard whiteboard board "
    "marquee pillow sampler cushion doormat letters card tin crate label menu blackboard cross-stitch "
    "typography headline"
)
#: Before what is on it.
READS = _words("reading saying reads says spelling")
#: Nouns of three letters that are things (``king pin``); other short words are too often something else.
SHORT_THINGS = _words("pin cap hat bed bus car van cup jar mug pot pan map key toy bag box tin pen rug mat")
#: Rooms, schools and the like that are for several (``kids corner``, ``the women's restroom``).
FOR_SEVERAL = _words(
    "room rooms restroom restrooms toilet toilets bathroom bathrooms washroom lavatory loo lockers locker "
    "corner zone area aisle section department ward wing menu school schools dormitory dorm college academy "
    "hospital museum library playground hostel prison league division scoreboard trophy"
)
#: What is read or watched and is meant for some (``young adult fantasy novels``).
FOR_READERS = _words(
    "novel novels fiction book books literature romance paperback paperbacks series trilogy fantasy thriller "
    "shelf section aisle magazine magazines comic comics anthology bestseller bestsellers imprint"
)
#: Beings that have a name and may be somebody, though they are no persons by the lists.
BEINGS = _words(
    "character characters avatar robot android cyborg alien creature ghost spirit fairy elf dwarf hero "
    "figure someone somebody face name doll statue portrait mascot being soul voice"
)
#: Before the name of something (``a street called Maiden Lane``).
NAMED = _words("called named titled entitled dubbed christened")
#: Ornaments, for which an artist's name among tags says the style.
ORNAMENTS = _words(
    "pattern patterns textile textiles ornament ornaments motif motifs fabric embroidery tile tiles chintz "
    "arabesque upholstery"
)
#: Who plays is no piece.
PLAYING = _words("play plays played playing player players plotting")
#: What a game is played on, or a piece of it.
BOARDS = _words("board boards set sets piece pieces table tables box problem diagram opening")
#: Copies of works (``an album of Young Women`` may show them; ``a copy of Little Women`` does not).
COPIES = _words(
    "copy copies edition editions paperback paperbacks hardcover audiobook dvd vhs soundtrack playbill "
    "script score libretto screenplay programme vinyl cassette"
)
#: Those that stand after the title as well (``the Mean Girls soundtrack``, ``Little Women, first edition``).
COPIES_AFTER = _words(
    "paperback hardcover audiobook dvd vhs soundtrack playbill libretto screenplay programme edition backdrop"
)
#: Works that have a title after ``titled`` and the like.
WORKS = COPIES | _words("book books novel movie film song album musical vinyl opera ballet play")
#: Those that may stand right before their title (``the movie Pretty Woman``).
TITLED_WORKS = _words("book novel movie film song album musical")
#: Places that are named after people, and are no surnames (``King Edward Street``).
NAMED_PLACES = _words(
    "island islands street avenue road lane terrace bridge airport university college museum hospital "
    "stadium station square cathedral basilica falls bay harbour harbor sound county peninsula canyon "
    "glacier highway boulevard library monument memorial plaza dam park range land cove point"
)
#: Places that are dedicated to somebody (``the temple of Athena``).
DEDICATED = _words("temple valley church chapel tomb shrine isle cape gate tomb mausoleum garden altar")
#: Where the one whose name they have is to be seen (``a Taylor Swift concert``).
OCCASIONS = _words(
    "concert show party wedding birthday cosplay performance speech interview lecture gig tour meeting "
    "funeral parade ceremony match fight dance family fan lookalike impersonator meme video clip scene "
    "portrait portraits photo photos photograph photographs photography photoshoot picture pictures image "
    "images painting paintings drawing drawings sketch sketches illustration illustrations render selfie "
    "headshot shot still poster posters billboard cover print statue sculpture bust art artwork fanart style "
    "look face"
)
#: After a noun and a hyphen: the whole describes a thing (``toddler-sized robot``).
COMPARING = _words("sized size like shaped friendly proof themed inspired style styled made eating cut grade")
#: Classes of nouns that say no more than the sex; others describe a thing that follows (``queen mattress``).
PLAIN_SEXES = frozenset(
    {"gender.adult", "gender.lady", "gender.guy", "gender.child", "gender.lad", "gender.adjective"}
)
#: Words for where somebody is, which no adjective describes.
WHEREABOUTS = _words(
    "backstage onstage offstage downtown uptown upstairs downstairs overseas abroad ashore aboard overhead "
    "underwater underground barefoot midair outside inside outdoors indoors sideways nearby online"
)
#: Words that name a person at the end of a compound only (``rugby fan``, ``dog walker``; not ``an old fan``).
COMPOUND_PERSONS = _words(
    "fan fans walker walkers star stars hand hands cutter cutters legend legends pro pros ace hopeful "
    "hopefuls lead champ champs planter planters printer painters diner diners head heads aficionado "
    "aficionados roller rollers"
)
#: Who makes or sells things, of whatever kind the words before say (``Cuban cigar roller``).
MAKERS = _words(
    "roller rollers maker makers seller sellers vendor vendors weaver weavers dealer dealers merchant "
    "merchants trader traders importer importers smuggler smugglers collector collectors restorer restorers"
)
#: What follows somebody after all, though the words before it are a thing's name (``Persian rug seller``,
#: ``a Queen Elizabeth cocktail dress``).
AFTER_PERSONS = MAKERS | _words(
    "dress dresses gown gowns picker pickers hunter hunters gatherer gatherers fan fans lookalike cosplay "
    "cosplayer cosplayers impersonator"
)
#: Parts of a person of which an age is said (``elderly hands``).
AGEING_PARTS = _words("hands hand face faces")
#: Nouns after which ``of`` a group word speaks of a person's origin, or which carry it themselves.
ORIGIN_NOUNS = _words(
    "descent origin heritage ancestry ethnicity race appearance features facial roots origins nationality"
)
#: Between several origins of one person.
ORIGIN_JOINERS = _words("and , / - & or")
#: Nouns that do so only after ``of``: ``a white background`` is a colour.
ORIGIN_NOUNS_AFTER_OF = _words("background blood extraction stock lineage parentage backgrounds")
#: Before a name, besides the titles that state a gender.
TITLES = _words(
    "dr doctor prof professor captain colonel general sergeant lieutenant reverend judge senator president "
    "pope sheriff chef coach officer detective agent saint miss madame"
)
#: Clothes: in ``white chef's jacket`` the colour is that of the jacket.
CLOTHES = _words(
    "jacket jackets coat coats hat hats shirt shirts dress dresses shoes shoe pants trousers "
    "uniform uniforms apron clothes clothing suit suits sweater scarf gloves socks boots robe "
    "robes underwear outfit cap belt"
)
#: Clothes that tell an origin when an adjective does (``a Scottish costume``).
COSTUMES = CLOTHES | _words(
    "costume costumes attire garb outfits garment garments regalia gown gowns headdress headgear "
    "headwear tunic tunics skirt skirts blouse wear armor armour sandals jewelry jewellery veil fabric "
    "wardrobe clothe shawl shawls cloak cloaks vest vests"
)
#: Words with which *girl* is hardly a minor, and must not be turned into one.
SEXUAL = _words(
    "hot sexy seductive sensual erotic nude naked topless busty bikini bikinis lingerie underwear thong "
    "panties bra swimsuit cleavage pinup nsfw undergarment undergarments"
)
#: What stands between somebody and what they wear.
WEARING = _words("in wearing wears wore with sporting dons donning donned puts putting")
#: Nouns of what somebody looks like: an adjective before them is said of the person.
APPEARANCE = _words(
    "face faces feature features hair hairs head heads hand hands skin body bodies figure figures jaw "
    "jawline chin cheek cheeks eye eyes smile smiles expression look looks appearance forehead brow pose "
    "poses profile chest arms arm legs leg belly beauty charm style energy aura vibe vibes selfie shot "
    "photo photos photograph picture image painting drawing sketch curls locks braids ponytail bun wig one "
    "ones"
)
DESCRIPTIVE_SUFFIXES = _words("looking born")
#: Verbs after which an object is commonly followed by another verb or an adjective.
PERCEPTION = _words(
    "see sees saw seen seeing watch watches watched watching hear hears heard hearing feel "
    "feels felt feeling find finds found finding catch catches caught catching leave leaves "
    "left leaving show shows showed shown showing photograph photographs photographed "
    "photographing depict depicts depicted depicting paint paints painted painting capture "
    "captures captured capturing draw draws drew drawing picture pictures pictured notice "
    "notices noticed spot spots spotted keep keeps kept keeping stop stops stopped stopping "
    "observe observes observed"
)
CAUSATIVE = _words("make makes made making let lets letting help helps helped helping have has had having")
#: Verbs whose object is said to be something (``proved her right``).
COMPLEMENTED = _words(
    "prove proves proved proving treat treats treated treating consider considers considered keep "
    "keeps kept keeping find finds found finding leave leaves left leaving call calls called calling "
    "drive drives drove driving hold holds held holding render renders rendered deem deemed think "
    "thinks thought set sets turn turns turned paint paints painted like likes liked want wants "
    "wanted get gets got getting"
)
#: Verbs whose object does something (``helped her identify a few errors``).
HELPING = _words("help helps helped helping let lets letting make makes made making have has had having")
#: Adverbs that end a clause after an object (``offended her instead``).
TIME_ADVERBS = _words(
    "instead anywhere somewhere everywhere nowhere today tomorrow yesterday tonight soon again well badly "
    "bad less more better best first last twice once anymore anyway too later early late right wrong alone "
    "aside apart forward closer inside outside immediately directly personally goodbye"
)
#: Verbs whose pronoun object is followed by something else than its possession.
TRANSFER = _words(
    "wish wishes wished wishing tell tells told telling ask asks asked asking thank thanks "
    "thanked thanking call calls called calling pay pays paid paying name names named naming "
    "teach teaches taught teaching grant grants granted offer offers offered offering promise "
    "promises promised"
)
#: Verbs whose pronoun object is nearly always the one who receives.
GIVING = _words(
    "give gives gave giving given wish wishes wished wishing grant grants granted lend lends "
    "lent lending offer offers offered offering provide provides provided providing promise "
    "promises promised teach teaches taught"
)
#: In lists of tags: what only a picture of somebody has.
HUMAN_TAGS = _words(
    "hair eyes lips freckles solo viewer face smile smiling selfie androgynous portrait eyelashes"
)
#: Adjectives that never stand before their noun.
PREDICATES = _words("asleep awake alone alive aboard afloat afraid adrift aloft amid atop awash")
#: Verbs that come before what they are said of, after words for a place.
INVERTED = _words(
    "lie lies lay sit sits sat stand stands stood hang hangs rise rises rose loom looms are were is was"
)
#: What is said of who is beside her (``the man behind her looks at a dog``); other words in -s are plurals
#: (``with her dogs on a beach``).
SAID_AFTER_PLACE = _words(
    "sits stands lies kneels leans waits looks stares smiles laughs holds wears carries raises reads sleeps "
    "runs takes eats sings rises glows burns falls"
)
#: What somebody gives of their own: ``gives her speech``; nobody is given one.
GIVEN_OWN = _words(
    "speech lecture talk sermon presentation testimony performance recital opinion consent blessing address "
    "best maiden farewell inaugural acceptance"
)
#: Verbs after which ``her tips`` is as likely what she gets as what she has: the slot's form is not clear.
EITHER_OBJECT = _words(
    "pay pays paid paying sell sells sold selling owe owes owed owing charge charges charged charging "
    "teach teaches taught teaching hope hopes hoped hoping serve serves served serving"
)
BARE_VERBS = _words(
    "go come run walk sit stand lie sleep eat drink play sing dance jump fall laugh smile cry "
    "look speak talk work read write swim climb ride drive cook leave feel be do get take see "
    "hold know think grow move pass win lose live die stay wait watch start stop realize "
    "understand relax happy sad angry famous proud nervous calm safe"
)
#: Ends of noun phrases after ``friend of``: ``his`` stands alone there.
POSSESSED = _words(
    "friend friends colleague colleagues fan fans neighbor neighbour neighbors neighbours relative "
    "relatives student students cousin cousins classmate classmates acquaintance acquaintances pal "
    "pals buddy buddies client clients patient patients rival rivals teammate teammates"
)
#: Classes of ages in figures that are adjectives; a plural of them (``20-year-olds``) is a noun.
YEARS = frozenset({"age.years", "age.minor_years"})
#: Before an age that has no word for age beside it (``looks about 50``).
ABOUT_AGES = _words(
    "maybe perhaps probably possibly about around approximately approx roughly circa almost nearly "
    "barely hardly just now only already still over past under above below mostly well like say turning "
    "nearing approaching pushing pushin exactly easily all both more less than"
)
#: Rocks and waters that are called after several of a kin (``the Two Sisters peaks``).
LANDFORMS = _words(
    "peak peaks mountain mountains rock rocks ruin ruins falls cave caves islets reef cliffs hills "
    "volcano springs glacier ridge crag summit canyon gorge "
    "buttes spires islands lakes waterfall waterfalls stacks formation"
)
#: ``The King's Head``, where it is a pub.
PUB_SIGNS = _words("head arms oak legs return rest")
PUBS = _words("pub inn tavern hotel bar alehouse ale beer pint")
#: What stands between several and a thing that is not called after them: what they did to it (``girls made
#: cakes``), besides words in -ed, and ``do``, ``versus`` and the like.
NOT_OF_A_NAME = _words(
    "ate made bought threw brought gave wore held took got had found lost left kept sold sent saw met hid "
    "hung laid lent rode shook stole swept tore told tried woke won wrote drew drove chose caught built "
    "burnt broke began bound blew bent beat fed felt fought flew forgot froze grew heard knew led lit "
    "paid ran sang shot spent spilt stuck struck swung taught wove dug sought spun slung did do sans "
    "minus plus versus vs stood shone sank slid split shed wed"
)
#: Before ``to be``.
SEEMING = _words("looks look looked seems seem seemed appears appear appeared said believed thought")
#: With what somebody is said to be so old (``she is six``, ``he turned 60``, ``Grandma at 85``).
AGE_VERBS = BE | _words(
    "become becomes became turn turns turned turning look looks looked looking near nears neared "
    "nearing approach approaches approached approaching push pushes pushed pushing hit hits hitting "
    "reach reaches reached reaching at pushin turnin hittin"
)
#: Two pronouns joined by these are one expression (``his or her``).
EITHER = _words("or / and/or")
SENTENCE_ENDS = frozenset(".!?;")
GROUP_WORDS = _words(
    "group crowd team pair bunch couple gang row line band set trio duo handful lot number queue"
)
#: Single words for several people.
PLURAL_PERSONS = _words(
    "people children police men women couple family families crowd audience team crew folks choir "
    "orchestra tribe clan squad troupe congregation delegation battalion twins triplets persons "
    "bystanders passersby thieves elves heroes"
)
#: Verbs that put their object on or in the subject's hands, so that a following possessive is the subject's.
PREDICATIVES = _words("as")
#: Colours that are also words for people when they are written with a capital.
COLOURS = _words("black white brown")
GAMES = _words("chess chessboard checkmate checkers draughts")
#: Nouns before which a plain colour is that of a game piece or a ghost.
COLOURED = _words("knight knights bishop bishops pawn pawns rook rooks walker walkers ghost ghosts")
#: What an adjective may look past on its way to the noun, besides the modifiers of the word list.
MODIFIER_ENDINGS = ("ed", "ing", "looking")
#: Words that follow an object pronoun: :data:`STOPS` but for those that can begin a noun phrase.
AFTER_OBJECT = STOPS - _words("next past back near inside outside only just home like so such own")
#: Prepositions of place: an object after them is often followed by a verb (``behind her holds``).
PLACES = _words("behind beside near to of above below around by with at")
#: Between a verb and its object; prepositions of place may also lead back to the subject.
OBJECT_PREPOSITIONS = _words("at to for toward towards from after against past with")
#: Words without a meaning of their own, which dictionaries of meanings leave out.
FUNCTION_WORDS = (
    STOPS
    | CONJUNCTIONS
    | NUMBERS
    | INTENSIFIERS
    | _words(
        "me him his her hers himself herself itself myself yourself ourselves yours ours mine us "
        "which whatever whoever whether unless against amongst amid onto upon else such than them "
        "everything something nothing anything everybody nobody anybody shall ought won didn doesn "
        "isn wasn weren couldn wouldn shouldn hasn haven whose whom ain throughout towards via per "
        "versus despite whereas albeit"
    )
)
#: After one of these a segment starts.
OPENERS = SENTENCE_ENDS | frozenset(',;|([{\n:"/*')
CLOSERS = frozenset(',;|)]}\n:"/*.!?')
