/* main.c — the armrun program. */
int main(void) {
  return 0;
}
