#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox::odata {

struct Token {
    enum class Kind : std::uint8_t { word, number, text, guid, date, instant, mark, end };
    Kind kind = Kind::end;
    std::string text;  ///< unquoted; a mark is one of ( ) [ ] , / = : ; *
    std::size_t position = 0;
};

/// Cuts an expression into tokens, the last of kind `end`. Text stands in single quotes, doubled inside, or,
/// as in JSON, in double quotes. Words may have dots, and begin with '$' or '@'. [OData: ABNF]
Result<std::vector<Token>> tokens_of(std::string_view expression);

}  // namespace koppla::sandbox::odata
