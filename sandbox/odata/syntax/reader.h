#pragma once

#include "base/result.h"
#include "sandbox/odata/syntax/ast.h"
#include "sandbox/odata/syntax/lexer.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox::odata {

/// Values of parameter aliases ("@p1"), as text.
using Aliases = std::map<std::string, std::string, std::less<>>;

/// Goes through the tokens of one expression; errors name the position. Aliases are replaced by what they
/// stand for.
class Reader {
  public:
    static Result<Reader> of(std::string_view expression, const Aliases& aliases);

    [[nodiscard]] const Token& peek(std::size_t ahead = 0) const;
    Token take();
    [[nodiscard]] bool is_mark(char mark, std::size_t ahead = 0) const;
    [[nodiscard]] bool is_word(std::string_view word, std::size_t ahead = 0) const;
    /// Takes the mark, if it comes next.
    bool take_mark(char mark);
    bool take_word(std::string_view word);
    Result<void> expect_mark(char mark);
    Result<std::string> expect_word();
    Result<std::string> expect_text();
    /// Nothing may be left.
    Result<void> expect_end() const;
    [[nodiscard]] Error syntax_error() const;

    /// Names joined by slashes.
    Result<Path> path();
    [[nodiscard]] bool at_literal() const;
    Result<Literal> literal();

  private:
    Reader(std::vector<Token> tokens, std::string text)
        : tokens_{std::move(tokens)}, text_{std::move(text)} {}
    std::vector<Token> tokens_;
    std::string text_;
    std::size_t at_ = 0;
};

}  // namespace koppla::sandbox::odata
