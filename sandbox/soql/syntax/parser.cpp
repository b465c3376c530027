#include "sandbox/soql/syntax/parser.h"

#include "sandbox/org/object.h"
#include "sandbox/soql/syntax/conditions.h"
#include "sandbox/soql/syntax/token_reader.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace koppla::sandbox::soql {

namespace {

constexpr int inner_depth_max = 5;
constexpr std::array<std::string_view, 10> clauses{"where",  "order", "limit", "group", "having",
                                                   "offset", "for",   "with",  "using", "update"};

class Parser {
  public:
    Parser(TokenReader& tokens, int depth) : in_{tokens}, depth_{depth} {}

    Result<Query> query() {
        if (depth_ > inner_depth_max) return in_.malformed_here("the queries are nested too deeply");
        Query query;
        TRY(in_.expect_word("select"));
        do {
            query.items.push_back(TRY(item()));
        } while (in_.take_symbol(","));
        TRY(in_.expect_word("from"));
        query.object_at = in_.now().at;
        query.object = TRY(in_.name());
        const std::string word = lower_case(in_.now().text);
        if (in_.now().kind == Token::Kind::word &&
            std::find(clauses.begin(), clauses.end(), word) == clauses.end()) {
            query.alias = TRY(alias());
        }
        if (in_.is_symbol(",")) return in_.unsupported("a second object in FROM");
        if (in_.take_word("using")) {
            TRY(in_.expect_word("scope"));
            TRY(in_.name());
        }
        TRY(filters(query));
        TRY(bounds(query));
        return query;
    }

    [[nodiscard]] Error trailing() const {
        return in_.is_word("and") || in_.is_word("or") ? in_.unmixed() : in_.unexpected();
    }

  private:
    Result<std::string> alias() {
        in_.take_word("as");
        return in_.name();
    }

    Result<void> filters(Query& query) {
        if (in_.take_word("where")) query.where = TRY(parse_condition(in_));
        if (in_.take_word("with")) TRY(access_mode());
        if (in_.take_word("group")) {
            TRY(in_.expect_word("by"));
            if (in_.is_call() && (in_.is_word("rollup") || in_.is_word("cube"))) {
                return in_.unsupported("GROUP BY ROLLUP and CUBE");
            }
            do {
                query.groups.push_back(TRY(in_.path()));
            } while (in_.take_symbol(","));
        }
        if (in_.take_word("having")) query.having = TRY(parse_condition(in_));
        return {};
    }

    Result<void> bounds(Query& query) {
        if (in_.take_word("order")) {
            TRY(in_.expect_word("by"));
            do {
                query.order.push_back(TRY(order_key()));
            } while (in_.take_symbol(","));
        }
        if (in_.take_word("limit")) query.limit = TRY(in_.count());
        if (in_.take_word("offset")) {
            query.offset_at = in_.now().at;
            query.offset = TRY(in_.count());
        }
        // They touch what a user viewed last, which this org doesn't keep.
        while (in_.take_word("for")) {
            const bool is_known =
                in_.take_word("view") || in_.take_word("reference") || in_.take_word("update");
            if (!is_known) return in_.unexpected();
        }
        return {};
    }

    /// Everything is visible to the org's user, so that the modes differ in nothing.
    Result<void> access_mode() {
        for (const std::string_view mode : {"security_enforced", "user_mode", "system_mode"}) {
            if (in_.take_word(mode)) return {};
        }
        if (in_.is_word("data")) return in_.unsupported("WITH DATA CATEGORY");
        return in_.unexpected();
    }

    Result<SelectItem> item() {
        if (in_.take_symbol("(")) {
            SelectItem item{.kind = SelectItem::Kind::children};
            item.children = std::make_shared<Query>(TRY((Parser{in_, depth_ + 1}.query())));
            TRY(in_.expect_symbol(")"));
            return item;
        }
        if (in_.is_word("typeof") && !in_.is_call()) return type_of();
        SelectItem item{.kind = SelectItem::Kind::field, .field = TRY(in_.path())};
        if (in_.now().kind == Token::Kind::word && !in_.is_word("from")) item.alias = TRY(alias());
        return item;
    }

    /// TYPEOF What WHEN Account THEN Phone, Name ELSE Id END
    Result<SelectItem> type_of() {
        in_.skip();
        SelectItem item{.kind = SelectItem::Kind::type_of, .field = TRY(in_.path())};
        while (in_.take_word("when")) {
            TypeBranch branch{.object = {}, .fields = {}, .at = in_.now().at};
            branch.object = TRY(in_.name());
            TRY(in_.expect_word("then"));
            branch.fields = TRY(paths());
            item.branches.push_back(std::move(branch));
        }
        if (item.branches.empty()) return in_.unexpected();
        if (in_.take_word("else")) item.otherwise = TRY(paths());
        TRY(in_.expect_word("end"));
        return item;
    }

    Result<std::vector<Path>> paths() {
        std::vector<Path> paths;
        do {
            paths.push_back(TRY(in_.path()));
        } while (in_.take_symbol(","));
        return paths;
    }

    Result<OrderKey> order_key() {
        OrderKey key{.field = TRY(in_.path())};
        if (in_.take_word("desc")) {
            key.is_descending = true;
        } else {
            in_.take_word("asc");
        }
        if (in_.take_word("nulls")) {
            if (in_.take_word("last")) {
                key.nulls = OrderKey::Nulls::last;
            } else {
                TRY(in_.expect_word("first"));
            }
        }
        return key;
    }

    TokenReader& in_;
    int depth_;
};

}  // namespace

Result<Query> parse_inner(TokenReader& tokens) {
    if (tokens.is_inner) return tokens.malformed_here("Nesting of semi join sub-selects is not supported");
    tokens.is_inner = true;
    auto query = Parser{tokens, inner_depth_max}.query();
    tokens.is_inner = false;
    return query;
}

Result<Query> parse(std::string_view soql) {
    TokenReader tokens{soql, TRY(tokens_of(soql))};
    Parser parser{tokens, 0};
    Query query = TRY(parser.query());
    if (!tokens.is_end()) return parser.trailing();
    return query;
}

}  // namespace koppla::sandbox::soql
