#include "app/progress.h"

#include "app/program.h"
#include "app/terminal.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>
#include <sys/resource.h>

namespace koppla {

namespace {

constexpr std::chrono::milliseconds drawing_interval{100};
constexpr int bar_cells = 24;

std::string bar(double share) {
    const int full = static_cast<int>(std::clamp(share, 0.0, 1.0) * bar_cells);
    std::string text = "[";
    for (int i = 0; i < bar_cells; ++i) text += i < full ? "█" : "·";
    return text + "]";
}

double seconds_since(std::chrono::steady_clock::time_point begun) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

}  // namespace

Progress::Progress(std::string title, std::function<std::int64_t()> calls)
    : title_{std::move(title)},
      calls_{std::move(calls)},
      begun_{std::chrono::steady_clock::now()},
      is_shown_{can_show_progress()} {}

Progress::~Progress() {
    if (is_shown_) fmt::print(stderr, "{}", clear_line);
}

void Progress::note(std::string_view text) {
    shown_.with([&](Shown& shown) {
        shown.note = text;
        draw(shown);
    });
}

void Progress::trouble(std::string_view text) {
    Program::tell(fmt::format("{}: {}", title_, text));
}

void Progress::rows(std::int64_t read, std::optional<std::int64_t> expected) {
    shown_.with([&](Shown& shown) {
        if (read != shown.read) shown.note.clear();
        shown.read = read;
        shown.expected = expected;
        const auto now = std::chrono::steady_clock::now();
        if (now < shown.next_drawing) return;
        shown.next_drawing = now + drawing_interval;
        draw(shown);
    });
}

void Progress::draw(const Shown& shown) const {
    if (!is_shown_) return;
    const double seconds = seconds_since(begun_);
    std::string line = fmt::format("{}{}  ", clear_line, title_);
    if (!shown.note.empty() || shown.read == 0) {
        line += fmt::format("{}  {} calls  {}", shown.note, calls_(), elapsed_text(seconds));
    } else {
        const double rate = static_cast<double>(shown.read) / std::max(seconds, 0.001);
        std::string remaining;
        if (shown.expected && *shown.expected > 0) {
            line += bar(static_cast<double>(shown.read) / static_cast<double>(*shown.expected)) + " ";
            remaining = fmt::format(
                ", {} left",
                elapsed_text(static_cast<double>(std::max<std::int64_t>(*shown.expected - shown.read, 0)) /
                             rate));
        }
        line +=
            fmt::format("{}{} rows  {} rows/s  {} calls  {}{}", grouped(shown.read),
                        shown.expected ? " of " + grouped(*shown.expected) : "",
                        grouped(static_cast<std::int64_t>(rate)), calls_(), elapsed_text(seconds), remaining);
    }
    fmt::print(stderr, "{}", line);
    std::fflush(stderr);
}

void show_step(std::size_t done, std::size_t total, std::string_view name,
               std::chrono::steady_clock::time_point begun) {
    if (!can_show_progress()) return;
    const double seconds = seconds_since(begun);
    const double left = seconds / static_cast<double>(done) * static_cast<double>(total - done);
    fmt::print(stderr, "{}{} {} of {}  {}  {} elapsed, {} left{}", clear_line,
               bar(static_cast<double>(done) / static_cast<double>(total)), done, total, name,
               elapsed_text(seconds), elapsed_text(left),
               done == total ? std::string{clear_line} : std::string{});
    std::fflush(stderr);
}

double peak_mebibytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

}  // namespace koppla
