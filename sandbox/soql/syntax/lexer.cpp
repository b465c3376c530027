#include "sandbox/soql/syntax/lexer.h"

#include "sandbox/org/value.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace koppla::sandbox::soql {

namespace {

constexpr std::size_t soql_characters_max = 100'000;
constexpr std::size_t snippet_before = 40;
constexpr std::size_t snippet_after = 30;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_letter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}
bool is_word(char c) {
    return is_letter(c) || is_digit(c) || c == '_';
}
bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

void append_utf8(std::string& out, unsigned code) {
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0U | (code >> 6U));
        out += static_cast<char>(0x80U | (code & 0x3FU));
    } else if (code < 0x10000) {
        out += static_cast<char>(0xE0U | (code >> 12U));
        out += static_cast<char>(0x80U | ((code >> 6U) & 0x3FU));
        out += static_cast<char>(0x80U | (code & 0x3FU));
    } else {
        out += static_cast<char>(0xF0U | (code >> 18U));
        out += static_cast<char>(0x80U | ((code >> 12U) & 0x3FU));
        out += static_cast<char>(0x80U | ((code >> 6U) & 0x3FU));
        out += static_cast<char>(0x80U | (code & 0x3FU));
    }
}

class Lexer {
  public:
    explicit Lexer(std::string_view soql) : soql_{soql} {}

    Result<std::vector<Token>> run() {
        std::vector<Token> tokens;
        while (true) {
            while (at_ < soql_.size() && is_blank(soql_[at_])) ++at_;
            if (at_ == soql_.size()) {
                tokens.push_back(Token{.kind = Token::Kind::end, .at = at_});
                return tokens;
            }
            tokens.push_back(TRY(next()));
        }
    }

  private:
    [[nodiscard]] char peek(std::size_t ahead = 0) const {
        return at_ + ahead < soql_.size() ? soql_[at_ + ahead] : '\0';
    }

    Result<Token> next() {
        const char c = peek();
        if (is_letter(c)) return take(Token::Kind::word, word_length());
        if (c == '\'') return string();
        if (is_digit(c) || ((c == '-' || c == '+' || c == '.') && (is_digit(peek(1)) || peek(1) == '.'))) {
            return number();
        }
        for (const std::string_view symbol :
             {"!=", "<>", "<=", ">=", "=", "<", ">", "(", ")", ",", ".", ":"}) {
            if (soql_.substr(at_).starts_with(symbol)) return take(Token::Kind::symbol, symbol.size());
        }
        return malformed(soql_, at_,
                         fmt::format("line 1:{} no viable alternative at character '{}'", at_, c));
    }

    Token take(Token::Kind kind, std::size_t length) {
        Token token{.kind = kind, .text = std::string{soql_.substr(at_, length)}, .pattern = {}, .at = at_};
        at_ += length;
        return token;
    }

    [[nodiscard]] std::size_t word_length() const {
        std::size_t length = 0;
        while (is_word(peek(length))) ++length;
        return length;
    }

    Result<Token> number() {
        const std::string_view rest = soql_.substr(at_);
        if (rest.size() >= 10 && is_digit(rest[0]) && rest[4] == '-' && rest[7] == '-') return date(rest);
        if (rest.size() >= 3 && is_digit(rest[0]) && rest[2] == ':') return time(rest);
        std::size_t length = rest[0] == '-' || rest[0] == '+' ? 1 : 0;
        const auto digits = [&] {
            const std::size_t before = length;
            while (length < rest.size() && is_digit(rest[length])) ++length;
            return length - before;
        };
        std::size_t count = digits();
        if (length < rest.size() && rest[length] == '.') {
            ++length;
            count += digits();
        }
        if (count != 0 && length < rest.size() && (rest[length] == 'e' || rest[length] == 'E')) {
            ++length;
            if (length < rest.size() && (rest[length] == '-' || rest[length] == '+')) ++length;
            if (digits() == 0) count = 0;
        }
        if (count == 0 || (length < rest.size() && is_word(rest[length]))) {
            return malformed(soql_, at_, fmt::format("unexpected token: '{}'", rest.substr(0, length + 1)));
        }
        return take(Token::Kind::number, length);
    }

    /// Digits and letters with the marks that stand within dates and times.
    [[nodiscard]] static std::string_view moment(std::string_view rest) {
        constexpr std::string_view marks = ":.+-";
        std::size_t length = 0;
        while (length < rest.size() &&
               (is_word(rest[length]) || marks.find(rest[length]) != std::string_view::npos)) {
            ++length;
        }
        return rest.substr(0, length);
    }

    /// A time of day with its zone. [Salesforce: Considerations for the Time Custom Field Type]
    Result<Token> time(std::string_view rest) {
        const std::string_view text = moment(rest);
        const auto instant = parse_instant(fmt::format("2000-01-02T{}", text));
        if (!instant) return malformed(soql_, at_, fmt::format("unexpected token: '{}'", text));
        Token token = take(Token::Kind::time, text.size());
        token.text = format_instant(*instant).substr(11);
        return token;
    }

    Result<Token> date(std::string_view rest) {
        const bool has_time = rest.size() > 10 && (rest[10] == 'T' || rest[10] == 't');
        const std::string_view text = moment(rest);
        const std::size_t length = text.size();
        const bool holds = has_time ? text.size() > 10 && canonical_datetime(text).has_value()
                                    : canonical_date(text).has_value();
        if (!holds) return malformed(soql_, at_, fmt::format("unexpected token: '{}'", text));
        return take(has_time ? Token::Kind::datetime : Token::Kind::date, length);
    }

    Result<Token> string() {
        Token token{.kind = Token::Kind::string, .text = {}, .pattern = {}, .at = at_};
        ++at_;
        while (true) {
            if (at_ >= soql_.size()) {
                return malformed(soql_, token.at,
                                 "unexpected end of query: the string literal is not closed");
            }
            const char c = soql_[at_++];
            if (c == '\'') return token;
            if (c == '\\') {
                TRY(escape(token));
            } else {
                token.text += c;
                token.pattern += c;
            }
        }
    }

    Result<void> escape(Token& token) {
        const char c = peek();
        ++at_;
        const auto put = [&](std::string_view text) {
            token.text += text;
            token.pattern += text;
        };
        switch (c) {
            case 'n':
            case 'N':
                put("\n");
                return {};
            case 'r':
            case 'R':
                put("\r");
                return {};
            case 't':
            case 'T':
                put("\t");
                return {};
            case 'b':
            case 'B':
                put("\b");
                return {};
            case 'f':
            case 'F':
                put("\f");
                return {};
            case '"':
                put("\"");
                return {};
            case '\'':
                put("'");
                return {};
            case '\\':
                token.text += '\\';
                token.pattern += "\\\\";
                return {};
            case '_':
            case '%':
                token.text += c;
                token.pattern += '\\';
                token.pattern += c;
                return {};
            case 'u':
            case 'U':
                return unicode(token);
            default:
                return malformed(soql_, at_ - 2, fmt::format("invalid escape sequence '\\{}' in string", c));
        }
    }

    /// \uXXXX, or two of them for a character beyond the first plane.
    Result<void> unicode(Token& token) {
        const std::size_t start = at_ - 2;
        auto code = hex4();
        if (code && *code >= 0xD800 && *code < 0xDC00 && peek() == '\\' &&
            (peek(1) == 'u' || peek(1) == 'U')) {
            at_ += 2;
            const auto low = hex4();
            const bool is_pair = low && *low >= 0xDC00 && *low < 0xE000;
            code =
                is_pair ? std::optional{0x10000 + ((*code - 0xD800) << 10U) + (*low - 0xDC00)} : std::nullopt;
        }
        if (!code || (*code >= 0xD800 && *code < 0xE000)) {
            return malformed(soql_, start, "invalid \\u escape sequence in string");
        }
        append_utf8(token.text, *code);
        append_utf8(token.pattern, *code);
        return {};
    }

    std::optional<unsigned> hex4() {
        if (at_ + 4 > soql_.size()) return std::nullopt;
        unsigned code = 0;
        const char* const end = soql_.data() + at_ + 4;
        const auto read = std::from_chars(soql_.data() + at_, end, code, 16);
        if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
        at_ += 4;
        return code;
    }

    std::string_view soql_;
    std::size_t at_ = 0;
};

}  // namespace

Error located(std::string_view soql, std::size_t at, std::string_view what, const char* error_code) {
    at = std::min(at, soql.size());
    const std::string_view before = soql.substr(0, at);
    const auto row = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t newline = before.rfind('\n');
    const std::size_t line_start = newline == std::string_view::npos ? 0 : newline + 1;
    const std::size_t column = at - line_start + 1;
    std::size_t from = at - line_start > snippet_before ? at - snippet_before : line_start;
    while (from < at && (static_cast<unsigned char>(soql[from]) & 0xC0U) == 0x80U) ++from;
    std::size_t to = std::min({soql.size(), soql.find('\n', at), at + snippet_after});
    while (to < soql.size() && to > at && (static_cast<unsigned char>(soql[to]) & 0xC0U) == 0x80U) --to;
    const std::size_t indent = character_count(soql.substr(from, at - from));
    return error(ErrorKind::invalid,
                 fmt::format("\n{}\n{}^\nERROR at Row:{}:Column:{}\n{}", soql.substr(from, to - from),
                             std::string(indent, ' '), row, column, what),
                 error_code);
}

Error malformed(std::string_view soql, std::size_t at, std::string_view what) {
    return located(soql, at, what, "MALFORMED_QUERY");
}

Result<std::vector<Token>> tokens_of(std::string_view soql) {
    if (soql.size() > soql_characters_max && character_count(soql) > soql_characters_max) {
        return error(ErrorKind::invalid,
                     fmt::format("SOQL statements cannot be longer than {} characters.", soql_characters_max),
                     "MALFORMED_QUERY");
    }
    if (!is_utf8(soql)) return error(ErrorKind::invalid, "The query is not UTF-8.", "MALFORMED_QUERY");
    return Lexer{soql}.run();
}

}  // namespace koppla::sandbox::soql
