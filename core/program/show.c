/* show.c — an alert as a person reads it. Every byte of a log goes through put_escaped. */
#include <string.h>

#include "program/private.h"

#define EVIDENCE_LINES 5
#define LIST_SHOWN 5

static const char *const severity_labels[AR_SEVERITIES] = { "INFO", "LOW", "MEDIUM", "HIGH" };
static const char *const severity_colors[AR_SEVERITIES] = { "36", "34", "33;1", "31;1" };

static void label(FILE *out, const char *word) {
  fprintf(out, "  %-11s", word);
}

static void put_instant(FILE *out, ar_instant at) {
  char text[40];
  fputs(ar_instant_text(at, text).ptr, out);
}

static void show_head(FILE *out, const ar_alert *a, bool color) {
  size_t severity = (size_t)a->severity < AR_SEVERITIES ? (size_t)a->severity : AR_INFORMATIONAL;
  if (color)
    fprintf(out, "\033[%sm%-6s\033[0m ", severity_colors[severity], severity_labels[severity]);
  else
    fprintf(out, "%-6s ", severity_labels[severity]);
  put_text(out, a->title);
  fputs(a->preview ? " (preview)\n       " : "\n       ", out);
  put_text(out, a->rule);
  fprintf(out, "  %s\n", a->id);
}

static void show_when(FILE *out, const ar_alert *a) {
  char span[40];
  label(out, "when");
  put_instant(out, a->start);
  if (a->end > a->start) {
    fputs(" to ", out);
    put_instant(out, a->end);
    fprintf(out, " (%s)", ar_span_text(a->end - a->start, span).ptr);
  }
  fputc('\n', out);
}

static const char *kind_word(ar_kind kind) {
  size_t index = (size_t)kind;
  return index > AR_KIND_UNKNOWN && index < AR_KIND_COUNT ? ar_kind_words[index] : NULL;
}

static void show_who(FILE *out, const ar_alert *a) {
  const char *name = a->principal.name ? a->principal.name : a->principal.id ? a->principal.id : a->principal.key;
  if (!name && !a->principal.app_name && !a->principal.app_id) return;
  label(out, "who");
  put_text(out, name ? name : "nobody named");
  const char *kind = name ? kind_word(a->principal.kind) : NULL;
  if (kind) fprintf(out, " (%s)", kind);
  if (name && a->principal.id && name != a->principal.id) {
    fputs(", object id ", out);
    put_text(out, a->principal.id);
  }
  const char *app = a->principal.app_name ? a->principal.app_name : a->principal.app_id;
  if (app) {
    fputs(", with ", out);
    put_text(out, app);
  }
  fputc('\n', out);
}

static void show_tags(FILE *out, const ar_alert_ip *ip) {
  const char *before = " (";
  for (unsigned bit = 0; bit < AR_IP_TAG_COUNT; bit++) {
    if (!(ip->tags & 1u << bit)) continue;
    fprintf(out, "%s%s", before, ar_ip_tag_words[bit]);
    before = ", ";
  }
  if (ip->country[0]) {
    fputs(before, out);
    put_text(out, ip->country);
    before = ", ";
  }
  if (ip->asn) fprintf(out, "%sAS%u", before, ip->asn);
  if (ip->asn || *before == ',') fputc(')', out);
}

static void show_ips(FILE *out, const ar_alert *a) {
  if (a->ip_count == 0) return;
  label(out, "from");
  for (size_t i = 0; i < a->ip_count && i < LIST_SHOWN; i++) {
    if (i > 0) fputs(", ", out);
    put_text(out, a->ips[i].address);
    show_tags(out, &a->ips[i]);
  }
  if (a->ip_count > LIST_SHOWN) fprintf(out, " and %zu more", a->ip_count - LIST_SHOWN);
  fputc('\n', out);
}

static void show_what(FILE *out, const ar_alert *a) {
  label(out, "what");
  put_text(out, a->summary ? a->summary : a->title);
  fputc('\n', out);
  for (size_t i = 0; i < a->reason_count; i++) {
    if (a->summary && a->reason_count == 1 && strcmp(a->reasons[i].text, a->summary) == 0) break;
    fprintf(out, "  %-11s- ", "");
    put_text(out, a->reasons[i].text);
    fputc('\n', out);
  }
  if (a->has_score) fprintf(out, "  %-11sscore %.1f, threshold %.1f\n", "", a->score, a->threshold);
}

static void show_list(FILE *out, const char *word, const ar_strings *items) {
  for (size_t i = 0; i < items->count && i < LIST_SHOWN; i++) {
    label(out, i == 0 ? word : "");
    put_text(out, items->items[i]);
    fputc('\n', out);
  }
  if (items->count > LIST_SHOWN) fprintf(out, "  %-11sand %zu more\n", "", items->count - LIST_SHOWN);
}

static void show_words(FILE *out, const char *word, const ar_strings *items) {
  if (items->count == 0) return;
  label(out, word);
  for (size_t i = 0; i < items->count; i++) {
    if (i > 0) fputs(", ", out);
    put_text(out, items->items[i]);
  }
  fputc('\n', out);
}

static void show_record(FILE *out, const ar_evidence_record *e) {
  put_instant(out, e->time);
  fputs("  ", out);
  put_text(out, e->operation ? e->operation : "unnamed operation");
  fprintf(out, " %s", ar_status_words[e->status]);
  if (e->file) {
    fputs("  ", out);
    put_text(out, e->file);
    fprintf(out, ":%llu", (unsigned long long)e->origin.record);
  }
  fputc('\n', out);
}

static uint64_t count_records(const ar_alert *a) {
  uint64_t count = 0;
  for (size_t i = 0; i < a->evidence_count; i++) count += a->evidence[i]->record_count + a->evidence[i]->more;
  return count;
}

static void show_evidence(FILE *out, const ar_alert *a) {
  uint64_t all = count_records(a), shown = 0;
  char number[32];
  for (size_t i = 0; i < a->evidence_count; i++) {
    const ar_witness *w = a->evidence[i];
    for (uint32_t k = 0; k < w->record_count && shown < EVIDENCE_LINES; k++) {
      label(out, shown++ == 0 ? "evidence" : "");
      show_record(out, &w->records[k]);
    }
  }
  const char *records = all - shown == 1 ? "record" : "records";
  if (all > shown) fprintf(out, "  %-11sand %s more %s\n", "", count_text(all - shown, number), records);
}

static void show_confidence(FILE *out, const ar_alert *a) {
  size_t confidence = (size_t)a->confidence;
  label(out, "confidence");
  fputs(confidence < AR_CONFIDENCES ? ar_confidence_words[confidence] : "not stated", out);
  for (size_t i = 0; i < a->missing_sources.count; i++) {
    fputs(i == 0 ? "; surer with: " : ", ", out);
    put_text(out, a->missing_sources.items[i]);
  }
  fputc('\n', out);
}

void show_alert(FILE *out, const ar_alert *a, bool color) {
  show_head(out, a, color);
  show_when(out, a);
  show_who(out, a);
  show_ips(out, a);
  show_what(out, a);
  show_list(out, "where", a->resources.count ? &a->resources : &a->subscriptions);
  show_words(out, "tactics", &a->tactics);
  show_words(out, "techniques", &a->techniques);
  show_evidence(out, a);
  show_confidence(out, a);
  show_words(out, "also", &a->siblings);
  fputc('\n', out);
}
