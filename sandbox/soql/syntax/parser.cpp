#include "sandbox/soql/syntax/parser.h"

#include "sandbox/org/object.h"
#include "sandbox/soql/syntax/lexer.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

namespace koppla::sandbox::soql {

namespace {

constexpr int depth_max = 100;
constexpr std::size_t path_names_max = 6;  ///< five parents and the field

constexpr std::array<std::string_view, 10> clauses{"where",  "order", "limit", "group", "having",
                                                   "offset", "for",   "with",  "using", "update"};

constexpr std::array<std::string_view, 23> plain_ranges{"YESTERDAY",
                                                        "TODAY",
                                                        "TOMORROW",
                                                        "LAST_WEEK",
                                                        "THIS_WEEK",
                                                        "NEXT_WEEK",
                                                        "LAST_MONTH",
                                                        "THIS_MONTH",
                                                        "NEXT_MONTH",
                                                        "LAST_90_DAYS",
                                                        "NEXT_90_DAYS",
                                                        "THIS_QUARTER",
                                                        "LAST_QUARTER",
                                                        "NEXT_QUARTER",
                                                        "THIS_YEAR",
                                                        "LAST_YEAR",
                                                        "NEXT_YEAR",
                                                        "THIS_FISCAL_QUARTER",
                                                        "LAST_FISCAL_QUARTER",
                                                        "NEXT_FISCAL_QUARTER",
                                                        "THIS_FISCAL_YEAR",
                                                        "LAST_FISCAL_YEAR",
                                                        "NEXT_FISCAL_YEAR"};
constexpr std::array<std::string_view, 21> counted_ranges{"LAST_N_DAYS",
                                                          "NEXT_N_DAYS",
                                                          "N_DAYS_AGO",
                                                          "LAST_N_WEEKS",
                                                          "NEXT_N_WEEKS",
                                                          "N_WEEKS_AGO",
                                                          "LAST_N_MONTHS",
                                                          "NEXT_N_MONTHS",
                                                          "N_MONTHS_AGO",
                                                          "LAST_N_QUARTERS",
                                                          "NEXT_N_QUARTERS",
                                                          "N_QUARTERS_AGO",
                                                          "LAST_N_YEARS",
                                                          "NEXT_N_YEARS",
                                                          "N_YEARS_AGO",
                                                          "LAST_N_FISCAL_QUARTERS",
                                                          "NEXT_N_FISCAL_QUARTERS",
                                                          "N_FISCAL_QUARTERS_AGO",
                                                          "LAST_N_FISCAL_YEARS",
                                                          "NEXT_N_FISCAL_YEARS",
                                                          "N_FISCAL_YEARS_AGO"};

template <std::size_t n>
bool holds(const std::array<std::string_view, n>& words, std::string_view word) {
    return !word.empty() && std::find(words.begin(), words.end(), word) != words.end();
}

std::string upper_case(std::string_view text) {
    std::string upper{text};
    for (char& c : upper) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return upper;
}

class Parser {
  public:
    Parser(std::string_view soql, std::vector<Token> tokens) : soql_{soql}, tokens_{std::move(tokens)} {}

    Result<Query> run() {
        Query query;
        TRY(expect_word("select"));
        do {
            query.items.push_back(TRY(item()));
        } while (take_symbol(","));
        TRY(expect_word("from"));
        query.object_at = now().at;
        query.object = TRY(name());
        if (now().kind == Token::Kind::word && !holds(clauses, lower_case(now().text)))
            query.alias = TRY(alias());
        if (is_symbol(",")) return unsupported("a second object in FROM");
        if (take_word("where")) query.where = TRY(condition(0));
        if (take_word("order")) {
            TRY(expect_word("by"));
            do {
                query.order.push_back(TRY(order_key()));
            } while (take_symbol(","));
        }
        if (take_word("limit")) query.limit = TRY(count());
        if (now().kind != Token::Kind::end) return trailing();
        return query;
    }

  private:
    [[nodiscard]] const Token& now() const { return tokens_[at_]; }
    [[nodiscard]] const Token& after() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
    [[nodiscard]] bool is_word(std::string_view word) const {
        return now().kind == Token::Kind::word && lower_case(now().text) == word;
    }
    [[nodiscard]] bool is_symbol(std::string_view symbol) const {
        return now().kind == Token::Kind::symbol && now().text == symbol;
    }
    bool take_word(std::string_view word) {
        if (!is_word(word)) return false;
        ++at_;
        return true;
    }
    bool take_symbol(std::string_view symbol) {
        if (!is_symbol(symbol)) return false;
        ++at_;
        return true;
    }

    [[nodiscard]] Error unexpected() const {
        if (now().kind == Token::Kind::end) return malformed(soql_, now().at, "unexpected token: '<EOF>'");
        return malformed(soql_, now().at, fmt::format("unexpected token: '{}'", now().text));
    }
    [[nodiscard]] Error unsupported(std::string_view what) const {
        return malformed(soql_, now().at, fmt::format("this sandbox does not answer {}", what));
    }
    [[nodiscard]] Error trailing() const {
        for (const std::string_view word : {"group", "having", "offset", "for", "with", "using", "update"}) {
            if (is_word(word)) return unsupported(upper_case(word));
        }
        if (is_word("and") || is_word("or")) {
            return malformed(
                soql_, now().at,
                fmt::format("unexpected token: '{}': AND and OR need parentheses where they meet",
                            now().text));
        }
        return unexpected();
    }

    Result<void> expect_word(std::string_view word) {
        if (!take_word(word)) return unexpected();
        return {};
    }
    Result<void> expect_symbol(std::string_view symbol) {
        if (!take_symbol(symbol)) return unexpected();
        return {};
    }
    Result<std::string> name() {
        if (now().kind != Token::Kind::word) return unexpected();
        return tokens_[at_++].text;
    }
    Result<std::string> alias() {
        take_word("as");
        return name();
    }

    Result<Path> path() {
        Path path{.names = {}, .at = now().at};
        do {
            path.names.push_back(TRY(name()));
        } while (take_symbol("."));
        return path;
    }

    Result<SelectItem> item() {
        if (is_symbol("(")) return unsupported("sub-queries");
        if (is_word("typeof")) return unsupported("TYPEOF");
        const bool is_call = after().kind == Token::Kind::symbol && after().text == "(";
        if (!is_call) {
            SelectItem item{.kind = SelectItem::Kind::field, .field = TRY(path()), .alias = {}};
            if (item.field.names.size() > path_names_max) {
                return malformed(soql_, item.field.at, "a field path has at most five parents");
            }
            return item;
        }
        if (!is_word("count")) return unsupported(fmt::format("the function {}", now().text));
        at_ += 2;
        SelectItem item{.kind = SelectItem::Kind::count_rows, .field = {}, .alias = {}};
        if (!is_symbol(")")) {
            item.kind = SelectItem::Kind::count_field;
            item.field = TRY(path());
        }
        TRY(expect_symbol(")"));
        if (now().kind == Token::Kind::word && !is_word("from")) item.alias = TRY(alias());
        return item;
    }

    /// Terms joined by AND, or by OR; both in one row need parentheses.
    Result<Condition> condition(int depth) {
        if (depth > depth_max) return malformed(soql_, now().at, "the conditions are nested too deeply");
        Condition first = TRY(term(depth));
        const bool is_any = is_word("or");
        if (!is_any && !is_word("and")) return first;
        Condition joined{.kind = is_any ? Condition::Kind::any_of : Condition::Kind::all_of};
        joined.parts.push_back(std::move(first));
        while (take_word(is_any ? "or" : "and")) joined.parts.push_back(TRY(term(depth)));
        if (is_word("and") || is_word("or")) return trailing();
        return joined;
    }

    Result<Condition> term(int depth) {
        if (depth > depth_max) return malformed(soql_, now().at, "the conditions are nested too deeply");
        if (take_word("not")) {
            Condition negation{.kind = Condition::Kind::negation};
            negation.parts.push_back(TRY(term(depth + 1)));
            return negation;
        }
        if (take_symbol("(")) {
            Condition inner = TRY(condition(depth + 1));
            TRY(expect_symbol(")"));
            return inner;
        }
        return comparison();
    }

    Result<Condition> comparison() {
        Condition comparison;
        comparison.field = TRY(path());
        comparison.op_at = now().at;
        if (is_symbol("(")) return unsupported(fmt::format("the function {}", comparison.field.text()));
        comparison.op = TRY(operation());
        const bool is_list = comparison.op >= Operator::in;
        if (!is_list) {
            comparison.values.push_back(TRY(literal()));
            return comparison;
        }
        TRY(expect_symbol("("));
        if (is_word("select")) return unsupported("semi-joins");
        do {
            comparison.values.push_back(TRY(literal()));
        } while (take_symbol(","));
        TRY(expect_symbol(")"));
        return comparison;
    }

    Result<Operator> operation() {
        struct Named {
            std::string_view text;
            Operator op;
        };
        static constexpr std::array<Named, 7> symbols{{{"=", Operator::equal},
                                                       {"!=", Operator::not_equal},
                                                       {"<>", Operator::not_equal},
                                                       {"<=", Operator::less_or_equal},
                                                       {"<", Operator::less},
                                                       {">=", Operator::greater_or_equal},
                                                       {">", Operator::greater}}};
        for (const Named& symbol : symbols) {
            if (take_symbol(symbol.text)) return symbol.op;
        }
        if (take_word("like")) return Operator::like;
        if (take_word("includes")) return Operator::includes;
        if (take_word("excludes")) return Operator::excludes;
        if (take_word("in")) return Operator::in;
        if (take_word("not")) {
            if (take_word("in")) return Operator::not_in;
            return unexpected();
        }
        return unexpected();
    }

    Result<Literal> literal() {
        const Token& token = now();
        Literal literal{
            .kind = Literal::Kind::null, .text = token.text, .pattern = token.pattern, .at = token.at};
        switch (token.kind) {
            case Token::Kind::string:
                literal.kind = Literal::Kind::string;
                break;
            case Token::Kind::number:
                literal.kind = Literal::Kind::number;
                break;
            case Token::Kind::date:
                literal.kind = Literal::Kind::date;
                break;
            case Token::Kind::datetime:
                literal.kind = Literal::Kind::datetime;
                break;
            case Token::Kind::word:
                return word_literal(std::move(literal));
            default:
                return unexpected();
        }
        ++at_;
        return literal;
    }

    Result<Literal> word_literal(Literal literal) {
        const std::string word = upper_case(literal.text);
        if (word == "TRUE" || word == "FALSE") {
            literal.kind = Literal::Kind::boolean;
        } else if (holds(plain_ranges, word) || holds(counted_ranges, word)) {
            literal.kind = Literal::Kind::range;
        } else if (word != "NULL") {
            return unexpected();
        }
        literal.text = word;
        ++at_;
        if (holds(counted_ranges, word)) {
            TRY(expect_symbol(":"));
            literal.n = TRY(count());
            if (literal.n > 100'000)
                return malformed(soql_, literal.at, "the number of the date literal is too large");
        }
        return literal;
    }

    Result<OrderKey> order_key() {
        OrderKey key{.field = TRY(path())};
        if (is_symbol("(")) return unsupported(fmt::format("the function {}", key.field.text()));
        if (take_word("desc")) {
            key.is_descending = true;
        } else {
            take_word("asc");
        }
        if (take_word("nulls")) {
            if (take_word("last")) {
                key.nulls = OrderKey::Nulls::last;
            } else {
                TRY(expect_word("first"));
            }
        }
        return key;
    }

    Result<std::int64_t> count() {
        std::int64_t value = 0;
        const std::string& text = now().text;
        const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
        const bool is_whole = read.ec == std::errc{} && read.ptr == text.data() + text.size() && value >= 0;
        if (now().kind != Token::Kind::number || !is_whole) return unexpected();
        ++at_;
        return value;
    }

    std::string_view soql_;
    std::vector<Token> tokens_;
    std::size_t at_ = 0;
};

}  // namespace

Result<Query> parse(std::string_view soql) {
    return Parser{soql, TRY(tokens_of(soql))}.run();
}

}  // namespace koppla::sandbox::soql
