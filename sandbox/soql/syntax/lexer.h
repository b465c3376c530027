#pragma once

#include "base/result.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox::soql {

struct Token {
    enum class Kind { word, string, number, date, datetime, time, symbol, end };

    Kind kind = Kind::end;
    std::string text{};     ///< string: escapes read; others: as written
    std::string pattern{};  ///< string: as LIKE wants it, with \% and \_ kept
    std::size_t at = 0;
};

/// Cuts SOQL into tokens; the last is `end`. At most 100,000 characters. [Salesforce: SOQL and SOSL
/// Reference]
Result<std::vector<Token>> tokens_of(std::string_view soql);

/// MALFORMED_QUERY with the line, a caret below the place, its row and column, and what is wrong.
Error malformed(std::string_view soql, std::size_t at, std::string_view what);
/// An error of another code, shown in the same form.
Error located(std::string_view soql, std::size_t at, std::string_view what, const char* error_code);

}  // namespace koppla::sandbox::soql
