#include "sandbox/odata/syntax/parser.h"

#include "sandbox/odata/failure.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace koppla::sandbox::odata {
namespace {

constexpr int expansion_depth_max = 15;

struct MethodWord {
    std::string_view word;
    Aggregate::Method method;
};
constexpr std::array methods{
    MethodWord{"sum", Aggregate::Method::sum}, MethodWord{"average", Aggregate::Method::average},
    MethodWord{"min", Aggregate::Method::minimum}, MethodWord{"max", Aggregate::Method::maximum},
    MethodWord{"countdistinct", Aggregate::Method::count_distinct}};

Result<std::vector<std::string>> names(Reader& reader) {
    std::vector<std::string> list;
    do list.push_back(reader.take_mark('*') ? "*" : TRY(reader.expect_word()));
    while (reader.take_mark(','));
    return list;
}

/// What follows an unsupported option up to its end; brackets may nest.
void skip_option(Reader& reader) {
    int depth = 0;
    while (reader.peek().kind != Token::Kind::end) {
        if (depth == 0 && (reader.is_mark(';') || reader.is_mark(')'))) return;
        if (reader.is_mark('(')) ++depth;
        if (reader.is_mark(')')) --depth;
        reader.take();
    }
}

Result<std::vector<Expansion>> expansions(Reader& reader, int depth);

Result<void> expansion_options(Reader& reader, Expansion& expansion, int depth) {
    while (!reader.is_mark(')')) {
        const auto option = TRY(reader.expect_word());
        TRY(reader.expect_mark('='));
        if (option == "$select") {
            expansion.select = TRY(names(reader));
        } else if (option == "$expand") {
            expansion.expand = TRY(expansions(reader, depth + 1));
        } else {
            expansion.further.push_back(option);
            skip_option(reader);
        }
        if (!reader.take_mark(';')) break;
    }
    return reader.expect_mark(')');
}

Result<std::vector<Expansion>> expansions(Reader& reader, int depth) {
    if (depth > expansion_depth_max) return bad_query("The $expand nests too deeply.");
    std::vector<Expansion> list;
    do {
        Expansion expansion{.navigation = TRY(reader.expect_word())};
        if (reader.take_mark('(')) TRY(expansion_options(reader, expansion, depth));
        list.push_back(std::move(expansion));
    } while (reader.take_mark(','));
    return list;
}

/// "$count as n", "revenue with sum as total".
Result<Aggregate> aggregate(Reader& reader) {
    Aggregate aggregate;
    if (!reader.take_word("$count")) {
        aggregate.property = TRY(reader.expect_word());
        if (!reader.take_word("with")) return reader.syntax_error();
        const auto word = TRY(reader.expect_word());
        const auto* known = std::ranges::find(methods, word, &MethodWord::word);
        if (known == methods.end())
            return bad_query(fmt::format("The aggregation method '{}' is not supported.", word));
        aggregate.method = known->method;
    }
    if (!reader.take_word("as")) return reader.syntax_error();
    aggregate.alias = TRY(reader.expect_word());
    return aggregate;
}

Result<void> aggregates(Reader& reader, Apply& apply) {
    TRY(reader.expect_mark('('));
    do apply.aggregates.push_back(TRY(aggregate(reader)));
    while (reader.take_mark(','));
    return reader.expect_mark(')');
}

Result<void> groups(Reader& reader, Apply& apply) {
    TRY(reader.expect_mark('('));
    TRY(reader.expect_mark('('));
    apply.group_by = TRY(names(reader));
    TRY(reader.expect_mark(')'));
    if (reader.take_mark(',')) {
        if (!reader.take_word("aggregate")) return reader.syntax_error();
        TRY(aggregates(reader, apply));
    }
    return reader.expect_mark(')');
}

}  // namespace

Result<std::vector<std::string>> parse_select(std::string_view text) {
    auto reader = TRY(Reader::of(text, {}));
    auto list = TRY(names(reader));
    TRY(reader.expect_end());
    return list;
}

Result<std::vector<Ordering>> parse_order(std::string_view text, const Aliases& aliases) {
    auto reader = TRY(Reader::of(text, aliases));
    std::vector<Ordering> list;
    do {
        Ordering ordering{.path = TRY(reader.path())};
        if (reader.take_word("desc"))
            ordering.direction = Ordering::Direction::descending;
        else
            reader.take_word("asc");
        list.push_back(std::move(ordering));
    } while (reader.take_mark(','));
    TRY(reader.expect_end());
    return list;
}

Result<std::vector<Expansion>> parse_expand(std::string_view text) {
    auto reader = TRY(Reader::of(text, {}));
    auto list = TRY(expansions(reader, 0));
    TRY(reader.expect_end());
    return list;
}

Result<Apply> parse_apply(std::string_view text, const Aliases& aliases) {
    auto reader = TRY(Reader::of(text, aliases));
    Apply apply;
    do {
        if (reader.take_word("filter")) {
            TRY(reader.expect_mark('('));
            apply.filters.push_back(TRY(read_condition(reader)));
            TRY(reader.expect_mark(')'));
        } else if (reader.take_word("groupby")) {
            TRY(groups(reader, apply));
        } else if (reader.take_word("aggregate")) {
            TRY(aggregates(reader, apply));
        } else {
            return reader.syntax_error();
        }
    } while (reader.take_mark('/'));
    TRY(reader.expect_end());
    return apply;
}

}  // namespace koppla::sandbox::odata
