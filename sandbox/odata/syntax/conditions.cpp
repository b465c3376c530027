#include "sandbox/odata/failure.h"
#include "sandbox/odata/syntax/parser.h"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace koppla::sandbox::odata {
namespace {

constexpr std::string_view functions_namespace = "Microsoft.Dynamics.CRM.";
/// Trees are gone through by recursion.
constexpr int nesting_max = 100;

struct OperatorWord {
    std::string_view word;
    Operator op;
    Operator reversed;
};
constexpr std::array operators{
    OperatorWord{"eq", Operator::eq, Operator::eq}, OperatorWord{"ne", Operator::ne, Operator::ne},
    OperatorWord{"gt", Operator::gt, Operator::lt}, OperatorWord{"ge", Operator::ge, Operator::le},
    OperatorWord{"lt", Operator::lt, Operator::gt}, OperatorWord{"le", Operator::le, Operator::ge}};

struct MatchWord {
    std::string_view word;
    TextMatch::Kind kind;
};
constexpr std::array matches{MatchWord{"contains", TextMatch::Kind::contains},
                             MatchWord{"startswith", TextMatch::Kind::starts_with},
                             MatchWord{"endswith", TextMatch::Kind::ends_with}};

class Conditions {
  public:
    explicit Conditions(Reader& reader) : reader_{reader} {}

    Result<Condition> any() { return junction(Junction::Kind::any, "or", &Conditions::all); }

  private:
    Result<Condition> all() { return junction(Junction::Kind::all, "and", &Conditions::one); }

    Result<Condition> junction(Junction::Kind kind, std::string_view word,
                               Result<Condition> (Conditions::*part)()) {
        auto first = TRY((this->*part)());
        if (!reader_.is_word(word)) return first;
        Junction junction{.kind = kind, .parts = {}};
        junction.parts.push_back(std::move(first));
        while (reader_.take_word(word)) junction.parts.push_back(TRY((this->*part)()));
        return Condition{std::move(junction)};
    }

    Result<Condition> one() {
        if (++depth_ > nesting_max) return bad_query("The filter nests too deeply.");
        auto condition = nested();
        --depth_;
        return condition;
    }

    Result<Condition> nested() {
        if (reader_.take_word("not")) {
            Negation negation;
            negation.inner.push_back(TRY(one()));
            return Condition{std::move(negation)};
        }
        if (reader_.take_mark('(')) {
            auto inner = TRY(any());
            TRY(reader_.expect_mark(')'));
            return inner;
        }
        if (reader_.at_literal()) return reversed();
        if (reader_.is_mark('(', 1)) return call();
        auto path = TRY(reader_.path());
        if (reader_.is_mark('(')) return lambda(std::move(path));
        if (reader_.take_word("in")) return membership(std::move(path));
        for (const auto& one : operators)
            if (reader_.take_word(one.word)) return comparison(std::move(path), one.op);
        if (reader_.peek().kind == Token::Kind::word && !reader_.is_word("and") && !reader_.is_word("or"))
            return reader_.syntax_error();
        return Condition{Flag{.path = std::move(path)}};
    }

    Result<Condition> comparison(Path path, Operator op) {
        Comparison comparison{.path = std::move(path), .op = op, .other = {}};
        if (reader_.at_literal())
            comparison.other = TRY(reader_.literal());
        else
            comparison.other = TRY(reader_.path());
        return Condition{std::move(comparison)};
    }

    /// "5 lt revenue".
    Result<Condition> reversed() {
        auto literal = TRY(reader_.literal());
        for (const auto& one : operators) {
            if (!reader_.take_word(one.word)) continue;
            auto path = TRY(reader_.path());
            return Condition{
                Comparison{.path = std::move(path), .op = one.reversed, .other = std::move(literal)}};
        }
        return reader_.syntax_error();
    }

    Result<Condition> membership(Path path) {
        Membership membership{.path = std::move(path), .values = {}};
        TRY(reader_.expect_mark('('));
        do membership.values.push_back(TRY(reader_.literal()));
        while (reader_.take_mark(','));
        TRY(reader_.expect_mark(')'));
        return Condition{std::move(membership)};
    }

    Result<Condition> call() {
        const auto name = TRY(reader_.expect_word());
        TRY(reader_.expect_mark('('));
        for (const auto& one : matches)
            if (one.word == name) return match(one.kind);
        if (name.starts_with(functions_namespace))
            return query_function(name.substr(functions_namespace.size()));
        return bad_query(
            fmt::format("An unknown function with name '{}' was found. This may also be a function "
                        "import or a key lookup on a navigation property, which is not allowed.",
                        name));
    }

    Result<Condition> match(TextMatch::Kind kind) {
        auto path = TRY(reader_.path());
        TRY(reader_.expect_mark(','));
        auto text = TRY(reader_.expect_text());
        TRY(reader_.expect_mark(')'));
        // "contains(name,'x') eq true" means the same.
        const bool is_compared = reader_.is_word("eq") && reader_.is_word("true", 1);
        if (is_compared) {
            reader_.take();
            reader_.take();
        }
        return Condition{TextMatch{.kind = kind, .path = std::move(path), .text = std::move(text)}};
    }

    Result<Condition> query_function(std::string name) {
        QueryFunction function{.name = std::move(name), .property = {}, .values = {}};
        while (!reader_.is_mark(')')) {
            const auto argument = TRY(reader_.expect_word());
            TRY(reader_.expect_mark('='));
            if (argument == "PropertyName") {
                const auto property = TRY(reader_.expect_text());
                auto inner = TRY(Reader::of(property, {}));
                function.property = TRY(inner.path());
            } else {
                function.values = TRY(values());
            }
            if (!reader_.take_mark(',')) break;
        }
        TRY(reader_.expect_mark(')'));
        if (function.property.segments.empty())
            return bad_query(fmt::format("The function '{}' has no PropertyName.", function.name));
        return Condition{std::move(function)};
    }

    Result<std::vector<std::string>> values() {
        std::vector<std::string> values;
        if (!reader_.take_mark('[')) {
            values.push_back(TRY(reader_.literal()).text);
            return values;
        }
        while (!reader_.is_mark(']')) {
            values.push_back(TRY(reader_.literal()).text);
            if (!reader_.take_mark(',')) break;
        }
        TRY(reader_.expect_mark(']'));
        return values;
    }

    Result<Condition> lambda(Path path) {
        const auto word = path.segments.back();
        if (path.segments.size() < 2 || (word != "any" && word != "all")) return reader_.syntax_error();
        path.segments.pop_back();
        Lambda lambda{.kind = word == "any" ? Lambda::Kind::any : Lambda::Kind::all,
                      .collection = std::move(path),
                      .variable = {},
                      .inner = {}};
        TRY(reader_.expect_mark('('));
        if (!reader_.is_mark(')')) {
            lambda.variable = TRY(reader_.expect_word());
            TRY(reader_.expect_mark(':'));
            lambda.inner.push_back(TRY(any()));
        }
        TRY(reader_.expect_mark(')'));
        return Condition{std::move(lambda)};
    }

    Reader& reader_;
    int depth_ = 0;
};

}  // namespace

Result<Condition> read_condition(Reader& reader) {
    return Conditions{reader}.any();
}

Result<Condition> parse_filter(std::string_view text, const Aliases& aliases) {
    auto reader = TRY(Reader::of(text, aliases));
    auto condition = TRY(read_condition(reader));
    TRY(reader.expect_end());
    return condition;
}

}  // namespace koppla::sandbox::odata
