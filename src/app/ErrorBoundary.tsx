/** One panel that fails leaves the others standing. */
import { Component, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../ui/Button';
import styles from './app.module.css';

interface ErrorBoundaryProps {
  /** Name of the panel, as people see it. */
  panel: string;
  children: ReactNode;
}

export class ErrorBoundary extends Component<ErrorBoundaryProps, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    return <Crashed panel={this.props.panel} error={error} onRetry={() => this.setState({ error: null })} />;
  }
}

function Crashed({ panel, error, onRetry }: { panel: string; error: Error; onRetry(): void }): ReactNode {
  const { t } = useTranslation();
  return (
    <div role="alert" className={styles['crashed']}>
      <p>{t('app.crashed', { panel, message: error.message })}</p>
      <p>{t('app.crashedHint')}</p>
      <Button onClick={onRetry}>{t('app.retry')}</Button>
    </div>
  );
}
