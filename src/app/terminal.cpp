#include "app/terminal.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>

#include <fmt/format.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

namespace koppla {

namespace {

/// Switches the terminal's echo off while it lives.
class Unechoed {
  public:
    Unechoed() {
        is_terminal_ = tcgetattr(STDIN_FILENO, &before_) == 0;
        termios silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        if (is_terminal_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    ~Unechoed() {
        if (is_terminal_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    }
    Unechoed(const Unechoed&) = delete;
    Unechoed& operator=(const Unechoed&) = delete;

  private:
    termios before_{};
    bool is_terminal_ = false;
};

Result<std::string> read_answer(std::string_view question, std::string_view option_instead,
                                const Call& call) {
    if (!can_ask()) {
        return error(ErrorKind::invalid, fmt::format("there is no terminal to ask on ({}); give {} instead",
                                                     question, option_instead));
    }
    fmt::print(stderr, "{} ", question);
    // Waits in steps: a signal goes to another thread and doesn't interrupt this one.
    pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    while (std::cin.rdbuf()->in_avail() <= 0 && poll(&input, 1, 50) <= 0) {
        if (call.is_over()) return call.cancelled(fmt::format("the question '{}'", question));
    }
    std::string line;
    if (!std::getline(std::cin, line)) return error(ErrorKind::cancelled, "no answer was given");
    return line;
}

/// Columns that a terminal gives a text: UTF-8 characters, which is right but for wide scripts.
std::size_t width(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

bool is_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789,.%-+") == std::string_view::npos;
}

}  // namespace

bool can_ask() {
    return isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0;
}

bool can_show_progress() {
    return isatty(STDERR_FILENO) != 0;
}

Result<std::string> ask(std::string_view question, std::string_view option_instead, const Call& call) {
    return read_answer(question, option_instead, call);
}

Result<Secret> ask_secret(std::string_view question, std::string_view option_instead, const Call& call) {
    const Unechoed unechoed;
    Result<std::string> answer = read_answer(question, option_instead, call);
    if (can_ask()) fmt::print(stderr, "\n");
    return Secret{TRY(std::move(answer))};
}

Result<bool> ask_yes(std::string_view question, std::string_view option_instead, const Call& call) {
    const std::string answer = TRY(read_answer(fmt::format("{} [Y/n]", question), option_instead, call));
    return answer.empty() || answer.front() == 'y' || answer.front() == 'Y';
}

Result<Secret> read_secret_file(const std::string& path) {
    std::string line;
    if (path == "-") {
        std::getline(std::cin, line);
    } else {
        std::ifstream file{path};
        if (!file) return error(ErrorKind::not_found, fmt::format("the file '{}' can't be read", path));
        std::getline(file, line);
    }
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.pop_back();
    if (line.empty())
        return error(ErrorKind::invalid, fmt::format("'{}' holds no secret: its first line is empty", path));
    return Secret{std::move(line)};
}

Result<Secret> read_secret_text(const std::string& path) {
    constexpr std::size_t text_bytes_max = std::size_t{64} << 10;
    std::ifstream file;
    if (path != "-") file.open(path, std::ios::binary);
    std::istream& input = path == "-" ? std::cin : file;
    std::string text(text_bytes_max + 1, '\0');
    if (!input) return error(ErrorKind::not_found, fmt::format("the file '{}' can't be read", path));
    input.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(input.gcount()));
    if (text.empty() || text.size() > text_bytes_max)
        return error(ErrorKind::invalid, fmt::format("'{}' holds no secret: it is empty or too long", path));
    return Secret{std::move(text)};
}

std::string Table::text() const {
    std::vector<std::size_t> widths;
    std::vector<bool> is_right;
    for (std::size_t column = 0; column < header_.size(); ++column) {
        std::size_t widest = width(header_[column]);
        bool numbers = !rows_.empty();
        for (const auto& row : rows_) {
            widest = std::max(widest, width(row[column]));
            numbers = numbers && (row[column].empty() || is_number(row[column]));
        }
        widths.push_back(widest);
        is_right.push_back(numbers);
    }
    std::string out;
    const auto line = [&](const std::vector<std::string>& cells) {
        std::string text;
        for (std::size_t column = 0; column < cells.size(); ++column) {
            const std::string blank(widths[column] - width(cells[column]), ' ');
            text += (column == 0 ? "" : "  ") +
                    (is_right[column] ? blank + cells[column] : cells[column] + blank);
        }
        text.erase(text.find_last_not_of(' ') + 1);
        out += text + "\n";
    };
    line(header_);
    std::vector<std::string> rule;
    rule.reserve(widths.size());
    for (const std::size_t w : widths) rule.emplace_back(w, '-');
    line(rule);
    for (const auto& row : rows_) line(row);
    return out;
}

std::string grouped(std::int64_t number) {
    std::string text = fmt::format("{}", number);
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > (number < 0 ? 1 : 0); at -= 3) {
        text.insert(static_cast<std::size_t>(at), ",");
    }
    return text;
}

std::string elapsed_text(double seconds) {
    const auto whole = static_cast<std::int64_t>(seconds);
    if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
    return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

}  // namespace koppla
