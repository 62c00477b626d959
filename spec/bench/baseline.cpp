// baseline.cpp — what parsing alone costs: simdjson's DOM parse of each line of a file, one reused parser, one thread,
// the same cached bytes; and a memchr scan for the newlines. Prints seconds and GB/s, the median of RUNS. Seconds are of
// processor time, so that a busy machine does not flatter whoever is measured beside it.
//
//   bench_baseline FILE [RUNS]
#include <simdjson.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <ctime>
#include <vector>

namespace {

double now() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

template <typename Each> size_t each_line(const simdjson::padded_string &text, Each each) {
  size_t lines = 0;
  const char *at = text.data(), *end = at + text.size();
  while (at < end) {
    const char *newline = static_cast<const char *>(memchr(at, '\n', static_cast<size_t>(end - at)));
    const char *stop = newline ? newline : end;
    each(at, static_cast<size_t>(stop - at));
    lines++;
    at = stop + 1;
  }
  return lines;
}

double parse_lines(const simdjson::padded_string &text, simdjson::dom::parser &parser, size_t &good) {
  double start = now();
  good = 0;
  each_line(text, [&](const char *line, size_t len) {
    simdjson::dom::element document;
    if (parser.parse(line, len, false).get(document) == simdjson::SUCCESS) good++;
  });
  return now() - start;
}

double scan_lines(const simdjson::padded_string &text, size_t &lines) {
  double start = now();
  lines = each_line(text, [](const char *, size_t) {});
  return now() - start;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

} // namespace

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: bench_baseline FILE [RUNS]\n");
    return 2;
  }
  int runs = argc > 2 ? atoi(argv[2]) : 5;
  simdjson::padded_string text;
  if (simdjson::padded_string::load(argv[1]).get(text) != simdjson::SUCCESS) {
    fprintf(stderr, "bench_baseline: cannot read %s\n", argv[1]);
    return 2;
  }
  simdjson::dom::parser parser;
  if (parser.allocate(1 << 20) != simdjson::SUCCESS) return 2;
  std::vector<double> parse, scan;
  size_t good = 0, lines = 0;
  for (int i = 0; i < runs; i++) {
    parse.push_back(parse_lines(text, parser, good));
    scan.push_back(scan_lines(text, lines));
  }
  double bytes = static_cast<double>(text.size());
  printf("parse %.4f s %.3f GB/s %zu of %zu records; scan %.4f s %.2f GB/s; kernel %s\n", median(parse),
         bytes / median(parse) / 1e9, good, lines, median(scan), bytes / median(scan) / 1e9,
         simdjson::get_active_implementation()->name().c_str());
  return 0;
}
