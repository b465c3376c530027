#include "base/ascii.h"
#include "model/filter/filter.h"
#include "model/filter/filter_value.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace koppla::model {

namespace {

constexpr std::size_t text_bytes_max = 100'000;

struct Token {
    enum class Kind : std::uint8_t { word, text, symbol, end };
    Kind kind = Kind::end;
    std::string text;  ///< of a text without its quotes
    std::size_t column = 0;
    bool is_field_only = false;  ///< `written like this`: never a word of the language
};

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_word(char c) {
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || c == '_' || c == '.' ||
           c == ':' || c == '+' || c == '-' || c == '$';
}

Error fault(std::size_t column, std::string_view what) {
    return error(ErrorKind::invalid, fmt::format("filter, column {}: {}", column + 1, what));
}

class Lexer {
  public:
    explicit Lexer(std::string_view text) : text_{text} {}

    Result<Token> next() {
        while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
        const std::size_t start = at_;
        if (at_ == text_.size()) return Token{.column = start};
        const char c = text_[at_];
        if (c == '"' || c == '\'' || c == '`') return quoted(c);
        for (const std::string_view symbol : {"<=", ">=", "!=", "<>", "<", ">", "=", "(", ")", ","}) {
            if (!text_.substr(at_).starts_with(symbol)) continue;
            at_ += symbol.size();
            return Token{.kind = Token::Kind::symbol, .text = std::string{symbol}, .column = start};
        }
        while (at_ < text_.size() && is_word(text_[at_])) ++at_;
        if (at_ == start) return fault(start, fmt::format("'{}' means nothing here", printable(c)));
        return Token{.kind = Token::Kind::word,
                     .text = std::string{text_.substr(start, at_ - start)},
                     .column = start};
    }

  private:
    static std::string printable(char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte >= 0x7f ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
    }

    Result<Token> quoted(char quote) {
        const std::size_t start = at_++;
        Token token{.kind = quote == '`' ? Token::Kind::word : Token::Kind::text,
                    .column = start,
                    .is_field_only = quote == '`'};
        for (; at_ < text_.size(); ++at_) {
            const char c = text_[at_];
            if (c == quote) {
                ++at_;
                return token;
            }
            if (c == '\\' && at_ + 1 < text_.size()) {
                const char escaped = text_[++at_];
                token.text += escaped == 'n' ? '\n' : escaped;
            } else {
                token.text += c;
            }
        }
        return fault(start, fmt::format("the quote {} is never closed", quote));
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

/// Recursive descent: any → all { or all }, all → factor { and factor }, factor → not factor | ( any ) |
/// comparison.
class Parser {
  public:
    explicit Parser(std::string_view text) : lexer_{text} {}

    Result<Filter> parse() {
        TRY(advance());
        Filter filter = TRY(joined(Filter::Form::any, 0));
        if (token_.kind != Token::Kind::end) return unexpected("'and', 'or' or the end");
        return filter;
    }

  private:
    Result<void> advance() {
        token_ = TRY(lexer_.next());
        return {};
    }
    [[nodiscard]] bool is(std::string_view word) const {
        if (token_.is_field_only || token_.kind == Token::Kind::text) return false;
        return token_.kind != Token::Kind::end && equal_without_case(token_.text, word);
    }
    Result<bool> skip(std::string_view word) {
        if (!is(word)) return false;
        TRY(advance());
        return true;
    }
    Result<void> demand(std::string_view word) {
        if (!TRY(skip(word))) return unexpected(fmt::format("'{}'", word));
        return {};
    }
    [[nodiscard]] Error unexpected(std::string_view wanted) const {
        const std::string met =
            token_.kind == Token::Kind::end ? "it ends" : fmt::format("'{}' comes", token_.text);
        return fault(token_.column, fmt::format("{} where {} is expected", met, wanted));
    }

    // NOLINTBEGIN(misc-no-recursion): depth_max ends it
    Result<Filter> joined(Filter::Form form, int depth) {
        const bool is_any = form == Filter::Form::any;
        const auto part = [&] { return is_any ? joined(Filter::Form::all, depth) : factor(depth); };
        Filter first = TRY(part());
        if (!is(is_any ? "or" : "and")) return first;
        Filter result{.form = form};
        result.parts.push_back(std::move(first));
        while (TRY(skip(is_any ? "or" : "and"))) result.parts.push_back(TRY(part()));
        return result;
    }

    Result<Filter> factor(int depth) {
        if (depth >= Filter::depth_max)
            return fault(token_.column, fmt::format("it is nested more than {} deep", Filter::depth_max));
        if (TRY(skip("not"))) {
            Filter result{.form = Filter::Form::negation};
            result.parts.push_back(TRY(factor(depth + 1)));
            return result;
        }
        if (TRY(skip("("))) {
            Filter inner = TRY(joined(Filter::Form::any, depth + 1));
            TRY(demand(")"));
            return inner;
        }
        return comparison();
    }
    // NOLINTEND(misc-no-recursion)

    Result<Filter> comparison() {
        Filter result{.form = Filter::Form::comparison};
        if (token_.kind != Token::Kind::word || !is_field_name(token_.text)) return unexpected("a field");
        result.field = token_.text;
        TRY(advance());
        result.op = TRY(read_operator());
        if (result.op == Operator::is_empty || result.op == Operator::is_not_empty) return result;
        if (result.op != Operator::in && result.op != Operator::not_in) {
            result.values.push_back(TRY(value()));
            return result;
        }
        TRY(demand("("));
        do {
            result.values.push_back(TRY(value()));
        } while (TRY(skip(",")));
        TRY(demand(")"));
        return result;
    }

    Result<Operator> read_operator() {
        if (TRY(skip("is"))) {
            const bool is_negated = TRY(skip("not"));
            if (TRY(skip("empty"))) return is_negated ? Operator::is_not_empty : Operator::is_empty;
            return is_negated ? Operator::is_not : Operator::is;
        }
        if (TRY(skip("starts"))) {
            TRY(demand("with"));
            return Operator::starts_with;
        }
        if (TRY(skip("not"))) {
            TRY(demand("in"));
            return Operator::not_in;
        }
        constexpr std::array<std::pair<std::string_view, Operator>, 9> simple = {
            {{"=", Operator::is},
             {"!=", Operator::is_not},
             {"<>", Operator::is_not},
             {"<", Operator::less},
             {"<=", Operator::at_most},
             {">", Operator::greater},
             {">=", Operator::at_least},
             {"in", Operator::in},
             {"contains", Operator::contains}}};
        for (const auto& [text, op] : simple) {
            if (TRY(skip(text))) return op;
        }
        return unexpected("is, is not, =, <, <=, >, >=, in, not in, contains, starts with or is empty");
    }

    Result<FilterValue> value() {
        if (token_.kind == Token::Kind::text) {
            FilterValue result{.kind = FilterValue::Kind::text, .text = token_.text};
            TRY(advance());
            return result;
        }
        const auto read = token_.kind == Token::Kind::word && !token_.is_field_only
                              ? unquoted_value(token_.text)
                              : std::nullopt;
        if (!read)
            return unexpected("a value: \"text\" in quotes, a number, a date, true, false or today-7d");
        TRY(advance());
        return *read;
    }

    Lexer lexer_;
    Token token_;
};

}  // namespace

Result<Filter> parse_filter(std::string_view text) {
    if (text.size() > text_bytes_max)
        return error(ErrorKind::invalid, fmt::format("the filter has more than {} bytes", text_bytes_max));
    const auto start = std::ranges::find_if(text, [](char c) { return !is_blank(c); });
    if (start != text.end() && *start == '{') return parse_filter_json(text);
    return Parser{text}.parse();
}

}  // namespace koppla::model
