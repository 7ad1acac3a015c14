/** Names and phrases that are no longer used, each with its replacement. */

export interface Retired {
  readonly word: RegExp;
  /** The word to use instead. */
  readonly now: string;
  /** The only files in which the word is retired; all by default. */
  readonly only?: RegExp;
  /** Files in which the word has another meaning and is allowed. */
  readonly except?: RegExp;
}

const CORE = /^crates\/mpmetrics-core\//;
/** Files with the interface of the native module or calls of it, which use its names. */
const NATIVE =
  /^ts\/native\/|^ts\/storage\/heap\/succession\.ts$|^__test__\/support\/moody-heap\.ts$/;

/** In the code of TypeScript and JavaScript. */
export const TYPESCRIPT: readonly Retired[] = [
  { word: /(?:[:<]\s?|\b(?:class|new|type|extends)\s)Series\b/, now: 'Handle' },
  { word: /\bh\.[fgiwesu]\b/, now: 'cells, generations, first, word, expected, sketch, halves' },
  { word: /\bh\.place\b|\benum Place\b|\bPlace\.\w/, now: 'Backing' },
  {
    word: /\b(?:Heap|Summary)?Chunks?\b/,
    now: 'OctaveBuckets, BucketSource',
    except: NATIVE,
    only: /^(?!ts\/storage\/heap\/declaration\.ts)/,
  },
  {
    word: /\b(?:chunksOf|chunkOf|ownChunk|moveChunk|makeChunks)\b/,
    now: 'octavesOf, bucketsOfOctave, …',
  },
  { word: /\bParts?\b/, now: 'SubWindow, HeapMetricParts, WeightedQuantiles' },
  {
    word: /\b(?:partOf|partsOf|eachPart|MOST_PARTS)\b/,
    now: 'subWindowOf, subWindowsOf, eachSubWindow',
  },
  {
    word: /\bsettle(?!d\b|s\b)\w*/,
    now: 'bind, flush, moveIn, drain, onDone, end',
    except: NATIVE,
  },
  { word: /\b(?:un)?bound\(/, now: 'makeChild, makeDelegatingChild, onBind' },
  { word: /\bplaceEach\b|\bexemplar\.place\b/, now: 'bindEach, bucket' },
  {
    word: /\bkind\.(?:shared|expired|parts)\b|\bsharedKind\b|\bsharedLocally\b|\bSharedPath\b/,
    now: 'sharedGauge…, pruned, subWindows',
  },
  { word: /\bSharedScrapes\b/, now: 'JointScrapes' },
  { word: /\bshape\.bounds\b/, now: 'numbers' },
  { word: /\bunshare\b/, now: 'moveToHeap, moveToMemory' },
];

/** In the code of Rust. */
export const RUST: readonly Retired[] = [
  { word: /\bBound\b|\bmemory::bound\b|\bshared::bound\b/, now: 'Address, address()' },
  { word: /\bBlockKind::Chunk\b|\bChunkLink\b|\bblocks::chunk\b/, now: 'OctaveBuckets' },
  { word: /\bSketch::bound\b/, now: 'widen' },
  { word: /\bmerge_part\b|\blayout::part\b|\bcollect::part\b/, now: 'sub_window' },
  { word: /\bWindow::epoch\b/, now: 'number' },
  {
    word: /\bfn settle\w*|\b(?:block|recover)::settle\w*|\bWait::settle\b|\bfor_each_settled\b/,
    now: 'close_sequence, copy_for_dead, rebuild_…, notify, for_each_moved',
    only: CORE,
  },
  { word: /\bPlace\b/, now: 'SegmentPath' },
  {
    word: /\bfn place\b|\b(?:Table|octave|defaults|stripes)::place\b|\bPLACE\b/,
    now: 'locate, index, BUCKET',
    only: CORE,
  },
  { word: /\bgeneration::retire\b/, now: 'end' },
  { word: /\bWalked::expired\b/, now: 'pruned' },
  { word: /(?:::|\b(?:enum|use) )Mode\b/, now: 'Aggregator' },
  { word: /\bkind::Kind\b|\benum Kind\b/, now: 'MetricType' },
  { word: /\bcrate::collect\b|\bmod collect\b/, now: 'scrape', only: CORE },
  { word: /\bmod (?:derived|pointed|scraped|ranked|watched|killed)\b/, now: 'a noun' },
];

/** In sentences of any file. */
export const PHRASES: readonly Retired[] = [
  { word: /\bwhoever\b/i, now: 'the process that, any process that' },
  // The word `who` must not name a process. It is allowed in questions, and in headings of tables that say who acts.
  {
    word: /(?:^|[.;:] )Who (?!stores what|reads what)[a-z]+\b(?!.*\?)|^who [a-z]+\b(?!.* \|)/,
    now: 'the process that',
    except: /^SECURITY\.md$/,
  },
  { word: /\bbehind\b(?! (?:a|the) (?:\w+ )?prox)/, now: 'after' },
  { word: /\bserves? again\b/, now: 'is reused' },
  { word: /\banew\b/, now: 'again, from zero' },
  {
    word: /(?<!-)\b(?:[nN]o|[sS]ome|[eE]very|[aA]ny)body\b/,
    now: 'no process, another process, all',
  },
  { word: /\bas (?:it|they) (?:last )?(?:stands?|stood)\b/, now: 'unchanged, with its values' },
  { word: /\b(?:lets?|letting) (?:\w+ )?go\b(?! on\b)/, now: 'release' },
  { word: /\bto be had\b|\b(?:is|are|was|were|been|be) had\b/, now: 'free, possible' },
  { word: /\bone of both\b|\bwhich of both\b/, now: 'one of the two' },
  {
    word: /\b(?:br(?:ings?|ought)|t(?:akes?|ook|aken)) (?:it |them )?along\b/,
    now: 'copy, move, keep',
  },
  { word: /(?<!\ba )\bpass(?:es|ed)? over\b/, now: 'ignore, leave out' },
  { word: /\bmade whole\b/, now: 'repaired' },
  { word: /\busers? fakes?\b/, now: 'replace, in a test' },
  { word: /\blooks (?:again|whether|every|once)\b|\b(?:next|last) look\b/, now: 'checks' },
];
