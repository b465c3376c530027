#pragma once

#include "base/call.h"
#include "base/secret.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koppla {

/// Whether a person is at the other end: of standard input to be asked, of standard error to be shown
/// progress.
bool can_ask();
bool can_show_progress();
/// Takes away what a progress line shows.
inline constexpr std::string_view clear_line = "\r\x1b[K";

/// Asks on the terminal; `invalid` where there is none, with the option to give instead; `cancelled` where
/// the call is over before the answer. A secret isn't echoed.
Result<std::string> ask(std::string_view question, std::string_view option_instead, const Call& call);
Result<Secret> ask_secret(std::string_view question, std::string_view option_instead, const Call& call);
/// Whether the answer to a yes-or-no question was yes; an empty answer is yes.
Result<bool> ask_yes(std::string_view question, std::string_view option_instead, const Call& call);

/// The first line of a file, "-" for standard input, without its line end.
Result<Secret> read_secret_file(const std::string& path);
/// The whole of it, for keys.
Result<Secret> read_secret_text(const std::string& path);

/// Text in columns, as wide as they need, numbers to the right.
class Table {
  public:
    explicit Table(std::vector<std::string> header) : header_{std::move(header)} {}
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    [[nodiscard]] std::string text() const;

  private:
    std::vector<std::string> header_;
    std::vector<std::vector<std::string>> rows_;
};

/// 1234567 → "1,234,567".
std::string grouped(std::int64_t number);
/// Seconds as "0:07", "12:03" or "1:02:03".
std::string elapsed_text(double seconds);

}  // namespace koppla
