// scaling.cpp — what a second thread gives on this machine: to a loop that only counts, and to simdjson's DOM parse of
// each line, one parser a thread, a part of the file each. Prints the speed-up of each, from medians of wall time.
//
//   bench_scaling FILE [RUNS] [THREADS]
#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <thread>
#include <vector>

namespace {

using work = std::function<void(unsigned part, unsigned parts)>;

double seconds(unsigned threads, const work &each) {
  auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> others;
  for (unsigned i = 1; i < threads; i++) others.emplace_back([&each, i, threads] { each(i, threads); });
  each(0, threads);
  for (auto &other : others) other.join();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// One thread and several in turn, so that whatever else the machine does hits both.
double speed_up(int runs, unsigned threads, const work &each) {
  std::vector<double> one, several;
  for (int i = 0; i < runs; i++) {
    one.push_back(seconds(1, each));
    several.push_back(seconds(threads, each));
  }
  return median(one) / median(several);
}

void count(unsigned, unsigned parts) {
  volatile unsigned long sum = 0;
  for (unsigned long i = 0, end = 200000000UL / parts; i < end; i++) sum = sum + i;
}

// Where the line ends that `at` lies in; the file's end for the last.
const char *line_end(const char *at, const char *end) {
  auto newline = static_cast<const char *>(memchr(at, '\n', static_cast<size_t>(end - at)));
  return newline ? newline : end;
}

void parse(const simdjson::padded_string &text, unsigned part, unsigned parts) {
  const char *begin = text.data(), *end = begin + text.size();
  const char *at = part ? line_end(begin + text.size() / parts * part, end) + 1 : begin;
  const char *stop = part + 1 < parts ? line_end(begin + text.size() / parts * (part + 1), end) + 1 : end;
  simdjson::dom::parser parser;
  if (parser.allocate(1 << 20) != simdjson::SUCCESS) abort();
  while (at < stop) {
    const char *last = line_end(at, end);
    simdjson::dom::element document;
    if (last > at && parser.parse(at, static_cast<size_t>(last - at), false).get(document) != simdjson::SUCCESS)
      fprintf(stderr, "bench_scaling: a line that is no JSON\n");
    at = last + 1;
  }
}

} // namespace

int main(int argc, char **argv) {
  simdjson::padded_string text;
  int runs = argc > 2 ? atoi(argv[2]) : 5;
  auto threads = static_cast<unsigned>(argc > 3 ? atoi(argv[3]) : 2);
  if (argc < 2 || simdjson::padded_string::load(argv[1]).get(text) != simdjson::SUCCESS) {
    fprintf(stderr, "usage: bench_scaling FILE [RUNS] [THREADS]; FILE must be readable\n");
    return 2;
  }
  double counting = speed_up(runs, threads, count);
  double parsing = speed_up(runs, threads, [&text](unsigned part, unsigned parts) { parse(text, part, parts); });
  printf("%.2f %.2f\n", counting, parsing);
  return 0;
}
