export default function Page() {
  return <p>POST /chat</p>;
}
