#include "sandbox/soql/syntax/conditions.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace koppla::sandbox::soql {

namespace {

constexpr int depth_max = 100;

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
    return std::find(words.begin(), words.end(), word) != words.end();
}

class ConditionParser {
  public:
    explicit ConditionParser(TokenReader& tokens) : in_{tokens} {}

    /// Terms joined by AND, or by OR; both in one row need parentheses.
    Result<Condition> condition(int depth) {
        if (depth > depth_max) return in_.malformed_here("the conditions are nested too deeply");
        Condition first = TRY(term(depth));
        const bool is_any = in_.is_word("or");
        if (!is_any && !in_.is_word("and")) return first;
        Condition joined{.kind = is_any ? Condition::Kind::any_of : Condition::Kind::all_of};
        joined.parts.push_back(std::move(first));
        while (in_.take_word(is_any ? "or" : "and")) joined.parts.push_back(TRY(term(depth)));
        if (in_.is_word("and") || in_.is_word("or")) return in_.unmixed();
        return joined;
    }

    Result<Condition> term(int depth) {
        if (depth > depth_max) return in_.malformed_here("the conditions are nested too deeply");
        if (in_.take_word("not")) {
            Condition negation{.kind = Condition::Kind::negation};
            negation.parts.push_back(TRY(term(depth + 1)));
            return negation;
        }
        if (in_.take_symbol("(")) {
            Condition inner = TRY(condition(depth + 1));
            TRY(in_.expect_symbol(")"));
            return inner;
        }
        return comparison();
    }

    Result<Condition> comparison() {
        Condition comparison;
        comparison.field = TRY(in_.path());
        comparison.op_at = in_.now().at;
        comparison.op = TRY(operation());
        const bool is_list = comparison.op >= Operator::in;
        if (!is_list) {
            comparison.values.push_back(TRY(literal()));
            return comparison;
        }
        TRY(in_.expect_symbol("("));
        if (in_.is_word("select")) return semi_join(std::move(comparison));
        do {
            comparison.values.push_back(TRY(literal()));
        } while (in_.take_symbol(","));
        TRY(in_.expect_symbol(")"));
        return comparison;
    }

    Result<Condition> semi_join(Condition comparison) {
        if (comparison.op != Operator::in && comparison.op != Operator::not_in) return in_.unexpected();
        comparison.among = std::make_shared<Query>(TRY(parse_inner(in_)));
        TRY(in_.expect_symbol(")"));
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
            if (in_.take_symbol(symbol.text)) return symbol.op;
        }
        if (in_.take_word("like")) return Operator::like;
        if (in_.take_word("includes")) return Operator::includes;
        if (in_.take_word("excludes")) return Operator::excludes;
        if (in_.take_word("in")) return Operator::in;
        if (in_.take_word("not")) {
            if (in_.take_word("in")) return Operator::not_in;
            return in_.unexpected();
        }
        return in_.unexpected();
    }

    Result<Literal> literal() {
        const Token& token = in_.now();
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
            case Token::Kind::time:
                literal.kind = Literal::Kind::time;
                break;
            case Token::Kind::word:
                return word_literal(std::move(literal));
            default:
                return in_.unexpected();
        }
        in_.skip();
        return literal;
    }

    Result<Literal> word_literal(Literal literal) {
        const std::string word = upper_case(literal.text);
        if (word == "TRUE" || word == "FALSE") {
            literal.kind = Literal::Kind::boolean;
        } else if (holds(plain_ranges, word) || holds(counted_ranges, word)) {
            literal.kind = Literal::Kind::range;
        } else if (word != "NULL") {
            return in_.unexpected();
        }
        literal.text = word;
        in_.skip();
        if (holds(counted_ranges, word)) {
            TRY(in_.expect_symbol(":"));
            literal.n = TRY(in_.count());
            if (literal.n > 100'000)
                return malformed(in_.soql(), literal.at, "the number of the date literal is too large");
        }
        return literal;
    }

  private:
    TokenReader& in_;
};

}  // namespace

Result<Condition> parse_condition(TokenReader& tokens) {
    return ConditionParser{tokens}.condition(0);
}

}  // namespace koppla::sandbox::soql
