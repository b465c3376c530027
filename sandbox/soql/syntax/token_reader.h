#pragma once

#include "sandbox/soql/syntax/ast.h"
#include "sandbox/soql/syntax/lexer.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox::soql {

/// Walks over tokens. `take_…` goes on where the token is there; `expect_…` is MALFORMED_QUERY where it
/// isn't.
class TokenReader {
  public:
    TokenReader(std::string_view soql, std::vector<Token> tokens) : soql_{soql}, tokens_{std::move(tokens)} {}

    [[nodiscard]] std::string_view soql() const { return soql_; }
    [[nodiscard]] const Token& now() const { return tokens_[at_]; }
    [[nodiscard]] bool is_end() const { return now().kind == Token::Kind::end; }
    [[nodiscard]] bool is_word(std::string_view word) const;
    [[nodiscard]] bool is_symbol(std::string_view symbol) const;
    /// A word with a bracket behind it.
    [[nodiscard]] bool is_call() const;
    bool take_word(std::string_view word);
    bool take_symbol(std::string_view symbol);
    void skip() { ++at_; }

    /// Whether it is between the brackets of IN (SELECT …): there is no second such query within.
    bool is_inner = false;

    Result<void> expect_word(std::string_view word);
    Result<void> expect_symbol(std::string_view symbol);
    Result<std::string> name();
    Result<std::int64_t> count();
    /// A field, or one in a function.
    Result<Path> path();

    [[nodiscard]] Error unexpected() const;
    /// At an AND behind an OR, or the other way round.
    [[nodiscard]] Error unmixed() const;
    [[nodiscard]] Error unsupported(std::string_view what) const;
    [[nodiscard]] Error malformed_here(std::string_view what) const;

  private:
    std::string_view soql_;
    std::vector<Token> tokens_;
    std::size_t at_ = 0;
};

/// ASCII upper case.
std::string upper_case(std::string_view text);

}  // namespace koppla::sandbox::soql
